"""conda versions, as conda's `VersionOrder` has them: 1.1dev1 < 1.1_ < 1.1a1 < 1.1.0dev1 < 1.1 < 1.1.post1 < 1.1post1 < 1!0.

conda compares lists (of parts) of lists (of numbers and texts) and takes what is missing as 0. Texts are below 0, numbers
above, so where a list ends depends on what the other one has there. A key therefore counts the zeros before each item: below
zero the more zeros the later, above zero the more the earlier.
"""

import re
from collections.abc import Iterable
from typing import Final

from sinks.sort_keys.numbers import UnsortableError, number_key

_VALID: Final = re.compile(r"[*.+!_0-9a-z]+")
_ITEM: Final = re.compile(r"[0-9]+|[*]+|[^0-9*]+")
_BELOW, _END, _ABOVE = "1", "2", "3"
_POST: Final = "~"
"""Above every number."""

_MOST_ZEROS: Final = 99


def conda_key(version: str) -> str:
    """Give the key of a conda version. Raises UnsortableError."""
    text = version.strip().lower()
    if "-" in text and "_" not in text:
        text = text.replace("-", "_")
    if not _VALID.fullmatch(text):
        raise UnsortableError
    epoch, rest = text.split("!", 1) if "!" in text else ("0", text)
    main, local = rest.split("+", 1) if "+" in rest else (rest, "")
    if not (epoch.isdigit() and main) or "!" in rest or "+" in local:
        raise UnsortableError
    return number_key(epoch) + _list_key(_parts(main)) + _list_key(_parts(local) if local else ())


def _parts(text: str) -> Iterable[str]:
    """Give the key of each part between dots; an underscore at the end belongs to the last part, as in openssl's."""
    ending = "_" if text.endswith("_") else ""
    parts = text.removesuffix("_").replace("_", ".").split(".")
    parts[-1] += ending
    if not all(parts):
        raise UnsortableError
    return [_list_key(_items(part)) for part in parts]


def _items(part: str) -> Iterable[str]:
    """Give the key of each number and text of a part; one that begins with a text has a 0 before it."""
    items = _ITEM.findall(part)
    if not items[0].isdigit():
        yield _END
    for item in items:
        if item.isdigit():
            yield _END if not item.strip("0") else _ABOVE + number_key(item)
        elif item == "post":
            yield _ABOVE + _POST
        else:
            # "DEV" is below every other text, as capitals are below small letters.
            yield _BELOW + ("DEV" if item == "dev" else item) + " "


def _list_key(keys: Iterable[str]) -> str:
    """Give the key of a list from the keys of its items, where an item that counts as 0 has the key of the empty list."""
    out, zeros = [], 0
    for key in keys:
        if key == _END:
            zeros += 1
            continue
        if zeros > _MOST_ZEROS:
            raise UnsortableError
        out.append(_BELOW + f"{zeros:02}" + key if key[0] == _BELOW else _ABOVE + f"{_MOST_ZEROS - zeros:02}" + key)
        zeros = 0
    return "".join(out) + _END
