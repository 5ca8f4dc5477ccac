"""Debian versions, as `dpkg --compare-versions` orders them: `~` before the end, letters before other characters.

dpkg compares texts without digits and numbers in turn, until both end. So the key is such pairs in turn.
"""

import re
from typing import Final

from sinks.sort_keys.numbers import UnsortableError, number_key

_VERSION: Final = re.compile(
    r"(?:(?P<epoch>[0-9]+):)?(?P<upstream>[0-9A-Za-z.+~:-]+?)(?:-(?P<revision>[0-9A-Za-z.+~]*))?"
)
_PAIR: Final = re.compile(r"([^0-9]*)([0-9]*)")
_END: Final = '"'
"""Ends a text: above `~`, below every letter."""

_CHARACTERS: Final = str.maketrans({"~": "!", "+": "{", "-": "|", ".": "}", ":": "~"})
"""Moves `~` below the end and other characters above the letters, in dpkg's order."""


def debian_key(version: str) -> str:
    """Give the key of a Debian version. Raises UnsortableError."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise UnsortableError
    # No epoch and no revision are 0, as dpkg has it.
    return number_key(match["epoch"] or "0") + _part(match["upstream"]) + _part(match["revision"] or "0")


def _part(text: str) -> str:
    pairs = (pair for pair in _PAIR.findall(text) if pair != ("", ""))
    return "".join(letters.translate(_CHARACTERS) + _END + number_key(digits) for letters, digits in pairs) + _END
