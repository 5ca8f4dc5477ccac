"""From rows to figures: who counts once for what, what is not known, and what is too few to be shown. Pure."""

import itertools
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from headcount.report.ask import Row, Rows

K: Final = 5
"""Fewer projects than this are in no public figure (design.md section 4)."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, how many projects have it, and how many have it or an older one. An unknown value's name is null."""

    name: str | None
    projects: int
    or_older: int | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A package: its projects, and those of each series, the newest first. A project counts once a series."""

    name: str
    projects: int
    series: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Counted:
    """The values of one question, how many rows the floor took away, and how many more there are than are shown."""

    cells: Sequence[Cell]
    hidden: int = 0
    more: int = 0

    @property
    def known(self) -> list[Cell]:
        """Those with a value."""
        return [cell for cell in self.cells if cell.name is not None]

    @property
    def unknown(self) -> int:
        """Projects of which no value is known."""
        return next((cell.projects for cell in self.cells if cell.name is None), 0)


def active_projects(versions: Rows) -> int:
    """Count the projects."""
    return len({row["project_id"] for row in versions})


def count_projects(versions: Rows, name_of: Callable[[Row], str | None]) -> Counted:
    """Count distinct projects by value, the most first; then those of which none is known."""
    by_name: dict[str, set[Hashable]] = {}
    for row in versions:
        name = name_of(row)
        if name is not None:
            by_name.setdefault(name, set()).add(row["project_id"])
    cells = [Cell(name, len(projects)) for name, projects in by_name.items()]
    cells.sort(key=lambda cell: (-cell.projects, cell.name))
    return Counted([*cells, *_unknown(versions, by_name.values())])


def count_series(versions: Rows, series_of: Callable[[Row], tuple[str, Key] | None]) -> Counted:
    """Count distinct projects by series (its name, and what it sorts by), the newest first, with those of it or older.

    That last figure is whom an end of support would reach.
    """
    by_series: dict[tuple[Key, str], set[Hashable]] = {}
    for row in versions:
        found = series_of(row)
        if found is not None:
            by_series.setdefault((found[1], found[0]), set()).add(row["project_id"])
    oldest_first = sorted(by_series.items())
    reached = itertools.accumulate((projects for _, projects in oldest_first), lambda left, right: left | right)
    cells = [
        Cell(name, len(projects), or_older=len(older))
        for ((_, name), projects), older in zip(oldest_first, reached, strict=True)
    ]
    return Counted([*reversed(cells), *_unknown(versions, by_series.values())])


def _unknown(versions: Rows, known: Iterable[set[Hashable]]) -> list[Cell]:
    left = {row["project_id"] for row in versions} - set().union(*known)
    return [Cell(None, len(left))] if left else []


def floored(counted: Counted, k: int) -> Counted:
    """Take away what fewer than k projects have, and every sum from which it could be computed again."""
    kept = [replace(cell, or_older=None) for cell in counted.cells if cell.projects >= k]
    return Counted(kept, hidden=len(counted.cells) - len(kept)) if k > 1 else counted


def top(counted: Counted, count: int) -> Counted:
    """Keep the first values, and the unknown."""
    kept = [cell for cell in counted.cells if cell.name is None or cell in counted.known[:count]]
    return replace(counted, cells=kept, more=len(counted.cells) - len(kept))


def packages(rows: Rows, k: int) -> list[Package]:
    """Group the rows of packages.sql, in their order; neither a package nor a series of fewer than k projects."""
    groups = itertools.groupby(rows, key=lambda row: (row["name"], row["total"]))
    return [
        Package(
            name,
            total,
            [Cell(_series_name(row["series"]), row["projects"]) for row in group if row["projects"] >= k],
        )
        for (name, total), group in groups
        if total >= k
    ]


def _series_name(series: str | None) -> str | None:
    return None if series is None else f"{series}.x"


def numbers(version: str, count: int) -> Key:
    """Give the first numbers of a version, to sort by: 3.10 after 3.9."""
    return tuple(int(part[:18]) for part in re.findall(r"\d+", version)[:count])


def python_series(row: Row) -> tuple[str, Key] | None:
    """Give implementation and minor, as CPython 3.12; None where it is not known."""
    if row["python"] is None or row["implementation"] is None:
        return None
    key = numbers(row["python"], 2)
    return f"{row['implementation']} {'.'.join(map(str, key))}", key


def system(row: Row) -> str | None:
    """Give system and release: ubuntu 24.04.1, or its full name where that has no dotted number."""
    if row["os"] is None or row["os_version"] is None:
        name: str | None = row["os_name"] or row["os"]
        return name
    return f"{row['os']} {row['os_version']}"


def tool_series(tool: str, name: str) -> Callable[[Row], tuple[str, Key] | None]:
    """Give what tells the series of one documentation tool, by the name that people know: Sphinx 8.x."""

    def series_of(row: Row) -> tuple[str, Key] | None:
        if row["tool"] != tool or row["tool_version"] is None:
            return None
        key = numbers(row["tool_version"], 1)
        return (f"{name} {'.'.join(map(str, key))}.x", key) if key else None

    return series_of


def with_packages(row: Row) -> str | None:
    """Say that the list of packages is known."""
    return "known" if row["has_packages"] else None
