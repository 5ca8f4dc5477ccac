"""Marks of retirement in a batch (L7): kept in their table, and read for the latest rows that the batch writes.

Whoever writes latest rows shares a lock, a batch that retires holds it alone. So of a build and a retirement that two sinks
apply at once, the later one sees what the earlier one committed, and the outcome is that of either order.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from headcount.postgres import Cursor, UnstorableError
from schemas.builds.retirement import HALVES, later, mark_of, scope_of
from sinks.batch import Event
from sinks.statements import statement
from sinks.times import instant, microseconds

Scope = tuple[str, str | None]
"""Project and version; null for all versions."""

Key = tuple[bool, str, str]
"""A latest row: whether of successful builds only, project, version."""

OF_HALF: Final = dict(zip(HALVES, (False, True), strict=True))


def lock_latest(cursor: Cursor[Any], events: Sequence[Event]) -> None:
    """Take the lock on latest rows that a batch needs, until the end of the transaction."""
    if any(scope_of(event.body) is not None for event in events):
        cursor.execute(statement("lock_latest"))
    elif events:
        cursor.execute(statement("share_latest"))


def keep_marks(cursor: Cursor[Any], events: Sequence[Event]) -> set[Scope]:
    """Write the marks of some events and give what they concern. Raises UnstorableError for a time that no calendar has."""
    marks: dict[Scope, tuple[dict[str, int], int]] = {}
    for event in events:
        scope = scope_of(event.body)
        if scope is not None:
            before, received_at = marks.get(scope, ({}, 0))
            marks[scope] = dict(later(before, mark_of(event.body))), max(received_at, event.received_at)
    if not marks:
        return set()
    try:
        rows = [
            (*scope, OF_HALF[half], instant(retired_at), instant(received_at))
            for scope, (mark, received_at) in marks.items()
            for half, retired_at in mark.items()
        ]
    except OverflowError as error:
        raise UnstorableError("OverflowError in the time of a retirement") from error
    cursor.execute(statement("keep_marks"), tuple(list(column) for column in zip(*rows, strict=True)))
    return set(marks)


def marks_of(cursor: Cursor[Any], keys: Collection[Key]) -> dict[Key, int]:
    """Read up to which start (microseconds) builds are retired, for those of the rows that have a mark."""
    versions = sorted({key[1:] for key in keys})
    cursor.execute(
        statement("read_marks"), ([project for project, _ in versions], [version for _, version in versions])
    )
    found: dict[Key, int] = {}
    for project, version, successful, retired_at in cursor.fetchall():
        key = (successful, project, version)
        found[key] = max(found.get(key, microseconds(retired_at)), microseconds(retired_at))
    return found
