"""Microseconds since 1970 UTC, as records have them, and aware times, as Postgres has them."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = 3_600_000_000


def instant(microseconds: int) -> datetime:
    """Give the aware time. OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(at: datetime) -> int:
    """Give the whole number."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def hour_of(microseconds: int) -> int:
    """Give the start of the hour, in microseconds as well."""
    return microseconds - microseconds % _HOUR
