"""What a version has of each kind of value, as people read it, as it sorts, and as the weekly series call it. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from headcount.report.ask import Row

Key = tuple[Any, ...]
Value = tuple[str, Key, str | None]
"""A value: what people read, what it sorts by, and which line of the weekly series is its own (`value` and `detail`)."""

ValuesOf = Callable[[Row], Iterable[Value]]
"""What tells the values of one version."""


def numbers(version: str, count: int) -> Key:
    """Give the first numbers of a version, to sort by: 3.10 after 3.9."""
    return tuple(int(part[:18]) for part in re.findall(r"\d+", version)[:count])


def python_series(row: Row) -> Iterator[Value]:
    """Give implementation and minor, as CPython 3.12; CPython sorts before the others."""
    name = row["implementation"]
    if row["python"] is not None and name is not None:
        key = numbers(row["python"], 2)
        minor = ".".join(map(str, key))
        yield f"{name} {minor}", (name == "CPython", key), series_of(name, minor)


def system(row: Row) -> Iterator[Value]:
    """Give system and release: ubuntu 24.04, or its full name where that has no dotted number."""
    if row["os"] is not None and row["os_version"] is not None:
        release = ".".join(row["os_version"].split(".")[:2])
        yield f"{row['os']} {release}", (), series_of(row["os"], release)
    elif row["os_name"] or row["os"]:
        yield row["os_name"] or row["os"], (), None


def tool_series(tool: str, name: str) -> Callable[[Row], Iterator[Value]]:
    """Give what tells the series of one documentation tool, by the name that people know: Sphinx 8.x."""

    def values_of(row: Row) -> Iterator[Value]:
        if row["tool"] == tool and row["tool_version"] is not None:
            key = numbers(row["tool_version"], 1)
            if key:
                yield f"{name} {key[0]}.x", key, series_of(tool, str(key[0]))

    return values_of


def other_tool(row: Row) -> Iterator[Value]:
    """Give a tool that is none of those with series here, or whose version is not known."""
    if row["tool"] is not None and not numbers(row["tool_version"] or "", 1):
        yield f"{row['tool']}, version not known", (), None
    elif row["tool"] not in (None, "sphinx", "mkdocs"):
        yield row["tool"], (), None


def column(name: str) -> Callable[[Row], Iterator[Value]]:
    """Give what tells the value of one column."""

    def values_of(row: Row) -> Iterator[Value]:
        if row[name] is not None:
            yield row[name], (), series_of(row[name], None)

    return values_of


def extensions(row: Row) -> Iterator[Value]:
    """Give each extension."""
    return ((name, (), None) for name in row["extensions"] or ())


def series_of(value: str | None, detail: str | None) -> str:
    """Give the name of a line of the weekly series."""
    return f"{value}\n{detail or ''}"
