"""Whole numbers as text that sorts as they do: a character for the count of digits, then the digits."""

from typing import Final

_MOST_DIGITS: Final = 70
"""The count is one character from `0` on; longer numbers do not parse."""


class UnsortableError(Exception):
    """The version does not parse in its ecosystem."""


def number_key(digits: str) -> str:
    """Give the key of a number written in ASCII digits; leading zeros do not count, and nothing is 0."""
    significant = digits.lstrip("0")
    if len(significant) > _MOST_DIGITS:
        raise UnsortableError
    return chr(ord("0") + len(significant)) + significant
