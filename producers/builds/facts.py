"""The facts that a host gives: brought into the event's types, whatever was given."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from producers.builds.event import Named, Ref
from producers.builds.words import OTHER

FLAGS: Final = 100
STEPS: Final = 500
_MOST_SECONDS: Final = 1 << 53
_INT_BITS: Final = 32

# A class name, with an exit code where there is one: what else stands in an error is a message (P10).
_ERROR: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,79}(?::-?\d{1,5})?")


def identity(value: Any) -> str | None:
    """Give an id as text: an integer as its decimals."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value) else None


def text(value: Any) -> str | None:
    """Give a text that says something, else None."""
    return value if isinstance(value, str) and value else None


def named(ref: Ref | None) -> Named | None:
    """Give an organization; without an id there is none."""
    reference = identity(getattr(ref, "id", None))
    return Named(reference, text(getattr(ref, "slug", None))) if reference is not None else None


def word(value: Any, allowed: type[StrEnum]) -> str | None:
    """Give a word of a closed set; another is OTHER, none is None."""
    if value is None:
        return None
    return str(value) if isinstance(value, str) and value in tuple(allowed) else OTHER


def instant(value: Any) -> str | None:
    """Give ISO 8601 in UTC, microseconds; a time without zone stays without, and streams refuse it (B5)."""
    if isinstance(value, str):
        return value or None
    if not isinstance(value, datetime):
        return None
    try:
        in_utc = value if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:  # an hour before the first year, or behind the last: its own zone says it as well
        in_utc = value
    return in_utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(value: Any) -> float | None:
    """Give a length in seconds, at least 0; None for what is none, and what no build can last."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= _MOST_SECONDS:
        return None  # NaN is not under anything
    return max(value, 0)


def exit_code(value: Any) -> int | None:
    """Give an exit code as a signed number of 32 bits, as Windows' unsigned ones are the same; None for what is none."""
    if not isinstance(value, int) or isinstance(value, bool) or value.bit_length() > _INT_BITS:
        return None
    code = value & 0xFFFFFFFF
    signed = code - (1 << _INT_BITS) if code >> (_INT_BITS - 1) else code
    return signed if value in (code, signed) else None


def error_word(value: Any) -> str | None:
    """Give a class name with an exit code, or the class of an exception; a message is OTHER."""
    if value is None:
        return None
    if isinstance(value, BaseException):
        return type(value).__name__
    return value if isinstance(value, str) and _ERROR.fullmatch(value) else OTHER


def texts(values: Any) -> tuple[str, ...]:
    """Give the texts among what should be a list of them."""
    given = values if isinstance(values, Iterable) and not isinstance(values, str | bytes) else ()
    return tuple(value for value in given if text(value))
