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
_BEGINNINGS: Final = 100
"""How many places are tried: a tool that prints more of them has printed no list."""

_GOES_ON: Final = frozenset(',:]}{["')
"""What cannot stand behind a whole array on its line: it was a part of something."""


def find_rows(text: str) -> list[Row]:
    """Give the rows of the array in `text`, keys in lower case.

    Raises UnreadableError where there is none, and where one is broken: half a list would be taken for knowledge.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_row)
    position, empty = 0, False
    for _ in range(_BEGINNINGS):
        begin = _BEGIN.search(text, position)
        if begin is None:
            break
        try:
            value, position = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError) as error:
            raise UnreadableError(ErrorWord.UNPARSEABLE) from error
        behind = text[position : position + 200].partition("\n")[0].lstrip(" \t\r")
        if isinstance(value, list):
            if behind[:1] in _GOES_ON and behind:
                raise UnreadableError(ErrorWord.UNPARSEABLE)
            if value:
                return value if all(isinstance(row, dict) for row in value) else _refuse()
            empty = empty or _alone(text, begin.start(), behind)
    if empty:
        return []
    raise UnreadableError(ErrorWord.NO_LIST)


def _refuse() -> list[Row]:
    raise UnreadableError(ErrorWord.UNPARSEABLE)


def _alone(text: str, start: int, behind: str) -> bool:
    return not behind and not text[text.rfind("\n", 0, start) + 1 : start].strip()


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
