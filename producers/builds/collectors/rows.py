"""The JSON array of objects in a tool's stdout, with noise around it (B32). Whole, or nothing."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from producers.builds.errors import UnreadableError
from producers.builds.words import ErrorWord

Row = dict[str, Any]

# Where JSON may begin: an array of objects, an empty array, an object. A `[notice]` is none of these.
_BEGIN: Final = re.compile(r"""\[\s*\{\s*["}]|\[\s*\]|\{\s*["}]""")
_OF_A_ROW: Final = re.compile(r'"(?:name|version)"\s*:', re.IGNORECASE)
"""Outside of every whole JSON value it says that a list is broken, however well a part of it can be read."""

_BEGINNINGS: Final = 100
"""How many places are tried: a tool that prints more of them has printed no list."""

_GOES_ON: Final = (",", ":", "]", "}", "{", "[", '"')
"""What cannot stand behind a whole list on its line: it was a part of something."""
_GOING_ON: Final = re.compile(r"""(?:"\s*:|["}\]]\s*,|[\[{])\s*$""")
"""Nor these before it."""


def find_rows(text: str, *needed: str) -> list[Row]:
    """Give the rows of the array in `text`, keys in lower case: the one with rows that have texts for `needed`.

    Raises UnreadableError where there is none or two that differ, and where one is broken: half a list would be taken
    for knowledge.
    """
    found, broken, empty = None, False, False
    noise: list[str] = []
    position = 0
    for start, end, value in _values(text):
        noise.append(text[position:start])
        position = end
        behind = text[end : end + 200].partition("\n")[0].strip(" \t\r")
        if not value and isinstance(value, list):
            empty = empty or (not behind and not text[text.rfind("\n", 0, start) + 1 : start].strip())
        elif isinstance(value, dict):
            broken = broken or _is_row(value, needed)
        elif any(isinstance(row, dict) and _is_row(row, needed) for row in value):
            whole = not behind.startswith(_GOES_ON) and not _GOING_ON.search(text[max(start - 200, 0) : start])
            broken = broken or not whole or not all(isinstance(row, dict) for row in value)
            broken = broken or (found is not None and found != value)
            found = value
    noise.append(text[position:])
    if broken or any(_OF_A_ROW.search(part) for part in noise):
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    if found is None and (not empty or any(_BEGIN.search(part) for part in noise)):
        raise UnreadableError(ErrorWord.NO_LIST)
    return found or []


def _is_row(value: Row, needed: Iterable[str]) -> bool:
    return all(_text(value.get(key)) for key in needed)


def _values(text: str) -> Iterator[tuple[int, int, Any]]:
    """Give start, end and value of what is whole JSON, the outermost."""
    decoder = json.JSONDecoder(object_pairs_hook=_row)
    position = 0
    for _ in range(_BEGINNINGS):
        begin = _BEGIN.search(text, position)
        if begin is None:
            return
        try:
            value, position = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            position = begin.end()
        else:
            yield begin.start(), position, value


def _row(pairs: Iterable[tuple[str, Any]]) -> Row:
    """Make an object; a key twice means that two rows have run together."""
    row: Row = {}
    for key, value in pairs:
        if key.lower() in row:
            raise ValueError(key)
        row[key.lower()] = value
    return row


def texts(rows: Iterable[Row], *keys: str) -> Iterator[tuple[str | None, ...]]:
    """Give the values of `keys` of each row, None where one is no text or blank."""
    for row in rows:
        yield tuple(_text(row.get(key)) for key in keys)


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def other_keys(rows: Iterable[Row], *keys: str) -> int:
    """Count the keys that are not kept."""
    kept = frozenset(keys)
    return sum(len(row.keys() - kept) for row in rows)
