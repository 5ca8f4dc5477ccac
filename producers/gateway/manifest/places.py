"""Where each key of a TOML text stands: tomllib tells no lines, and a person needs one.

Only texts that tomllib has read come here, so this looks for tables and keys and nothing else.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

Path = tuple[str | int, ...]
"""Keys, and numbers for the elements of arrays: `("domain", 0, "rule", 2, "target")`."""

_TOKEN: Final = re.compile(
    r'"""(?:\\.|(?!""").)*"{3,5}'
    r"|'''(?:(?!''').)*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*|[\[\]{}\n=]",
    re.DOTALL,
)


class Places:
    """The lines of a text's tables and keys, from 1."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        table: Path = ()
        counts: dict[Path, int] = {}
        for line, statement in _statements(text):
            if statement.startswith("["):
                names = _keys(statement.strip("[] \t\r"))
                table = _resolve(names[:-1], counts)
                if statement.startswith("[["):
                    array = (*table, names[-1])
                    counts[array] = counts.get(array, -1) + 1
                    table = (*array, counts[array])
                else:
                    table = (*table, names[-1])
                self._lines.setdefault(table, line)
            else:
                self._lines.setdefault((*table, *_keys(statement)), line)

    def line(self, path: Path) -> int | None:
        """Give the line of a key, or of the nearest that is around it; None where nothing of it was found."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Give each table's header, and what is before the `=` of each key, with its line."""
    depth, start, key, line, counted = 0, 0, True, 1, 0
    for token in _TOKEN.finditer(text):
        what = token.group()
        if what == "\n" and depth == 0:
            line, counted = line + text.count("\n", counted, start), start
            header = text[start : token.start()].partition("#")[0].strip() if key else ""
            if header.startswith("["):
                yield line, header
            start, key = token.end(), True
        elif what == "=" and key and depth == 0:
            yield line + text.count("\n", counted, start), text[start : token.start()].strip()
            key = False
        elif what in "[{":
            depth += 1
        elif what in "]}":
            depth -= 1
    header = text[start:].partition("#")[0].strip() if key else ""
    if header.startswith("["):
        yield line + text.count("\n", counted, start), header


def _keys(dotted: str) -> list[str]:
    """Split `a."b.c".d`, as TOML itself would."""
    try:
        value: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:  # what stands here is no key: nothing will be asked for under this name
        return [dotted]
    names: list[str] = []
    while isinstance(value, Mapping):
        ((name, value),) = value.items()
        names.append(name)
    return names


def _resolve(names: list[str], counts: Mapping[Path, int]) -> Path:
    path: Path = ()
    for name in names:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    return path
