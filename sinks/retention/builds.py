"""Builds go by their start: a month that is wholly past is dropped, other days past are deleted along the index (S5, B38).

With an archive every day is written before it is deleted, and a month is dropped once it is empty. A month that somebody
reads just now is tried again, and if need be its days are deleted like the others, so that no row waits for a lock.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from headcount.postgres import AgainError, Connection, translated
from sinks.retention.archive import Archive, read_lines
from sinks.retention.taken import add_taken
from sinks.statements import statement

TRIES: Final = 5
PAUSE_SECONDS: Final = 0.5
"""Before the second try to drop a month; doubles with each."""

AHEAD: Final = timedelta(days=7)
_ANY_NUMBER: Final = 2**62
_LOCK_TIMEOUT: Final = b"SET LOCAL lock_timeout = '2s'"
"""While we wait for a month's lock, new readers and writers wait behind us: never longer than this."""

ONE_SNAPSHOT: Final = b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"

log = logging.getLogger("headcount.sink")


def make_months(connection: Connection[Any], as_of: datetime) -> None:
    """Make the partition of this month, and that of the next a week ahead."""
    with translated(), connection.transaction():
        for at in (as_of, as_of + AHEAD):
            connection.execute(b"SELECT headcount_store.ensure_builds_month(%s)", (at.date(),))


def expire_builds(
    connection: Connection[Any], before: date, archive: Archive | None, *, wait: Callable[[float], bool]
) -> tuple[int, int]:
    """Remove the builds that started before a day (UTC); gives how many went and how many were archived.

    `wait(seconds)` pauses between tries, and is true once the process is to end: then the rest stays for the next run.
    Raises ArchiveError, AgainError and LostError; what was done until then stays done.
    """
    midnight = datetime.combine(before, time(), UTC)
    gone = _drop_months(connection, midnight, wait, at_most=_ANY_NUMBER if archive is None else 0)
    archived = 0
    for day in _days(connection, midnight):
        deleted, written = _expire_day(connection, day, archive)
        gone += deleted
        archived += written
        if wait(0.0):
            break
    return gone + _drop_months(connection, midnight, wait, at_most=0), archived


def _drop_months(
    connection: Connection[Any], midnight: datetime, wait: Callable[[float], bool], *, at_most: int
) -> int:
    with translated(), connection.transaction():
        months = [row[0] for row in connection.execute(b"SELECT headcount_store.builds_months()").fetchall()]
    past = [month for month in months if _next(month) <= midnight.date()]
    return sum(_drop_month(connection, month, midnight, wait, at_most) for month in past)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _drop_month(
    connection: Connection[Any], month: date, midnight: datetime, wait: Callable[[float], bool], at_most: int
) -> int:
    for attempt in range(TRIES):
        if wait(PAUSE_SECONDS * 2 ** (attempt - 1) if attempt else 0.0):
            return 0
        try:
            with translated(), connection.transaction():
                connection.execute(_LOCK_TIMEOUT)
                row = connection.execute(statement("drop_builds_month"), (month, midnight, at_most)).fetchone()
                rows = (row and row[0]) or 0
                if rows:
                    # No trigger meets them: their days' sums go with them, here.
                    connection.execute(statement("forget_sums_of_month"), {"month": month, "next": _next(month)})
                add_taken(connection, "expired", rows)
        except AgainError:
            continue
        return rows
    log.info("a month of builds is in use and stays until the next run", extra={"fields": {"month": str(month)}})
    return 0


def _days(connection: Connection[Any], midnight: datetime) -> Iterator[date]:
    """Give each day past that has builds, once: what comes late to a day that is done waits for the next run."""
    start = datetime(1, 1, 1, tzinfo=UTC)
    while True:
        with translated(), connection.transaction():
            row = connection.execute(statement("first_build"), (start, midnight)).fetchone()
        if row is None or row[0] is None:
            return
        day = row[0].astimezone(UTC).date()
        yield day
        start = datetime.combine(day + timedelta(days=1), time(), UTC)


def _expire_day(connection: Connection[Any], day: date, archive: Archive | None) -> tuple[int, int]:
    for _ in range(TRIES - 1):
        with contextlib.suppress(AgainError):
            return _try_day(connection, day, archive)
    return _try_day(connection, day, archive)


def _try_day(connection: Connection[Any], day: date, archive: Archive | None) -> tuple[int, int]:
    start = datetime.combine(day, time(), UTC)
    span = (start, start + timedelta(days=1))
    written = 0
    with translated(), connection.transaction():
        # In one snapshot, so that what is deleted is what was read; a row that changes meanwhile makes us begin again.
        connection.execute(ONE_SNAPSHOT)
        if archive is not None:
            written = archive.write("builds", day, read_lines(connection, statement("archive_builds"), span))
        deleted = connection.execute(statement("delete_builds"), span).rowcount
        add_taken(connection, "expired", deleted)
    return deleted, written
