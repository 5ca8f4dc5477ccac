"""The daily job's part in retirement: rows whose knowledge is too old go (L8), marks that nothing can need any more go (L7).

Both are safe to run twice, and beside sinks that write. Each works in short transactions of its own.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from headcount.postgres import Connection, sql, template, translated
from schemas.builds.retirement import MARK_DAYS, STALE_DAYS
from sinks.builds.shape import KNOWN
from sinks.statements import statement

AT_ONCE: Final = 1_000
"""Rows of one transaction: no sink writes latest rows while it runs."""


def retire_stale_latest(connection: Connection[Any], as_of: datetime) -> int:
    """Retire the latest rows whose knowledge is all over 400 days old at `as_of` (aware); gives how many went.

    Raises AgainError and LostError; what was done until then stays done.
    """
    oldest = as_of - timedelta(days=STALE_DAYS)
    with translated(), connection.transaction():
        keys = connection.execute(_filled("stale_latest"), (oldest,)).fetchall()
    gone = 0
    for start in range(0, len(keys), AT_ONCE):
        projects, versions, successful = (list(column) for column in zip(*keys[start : start + AT_ONCE], strict=True))
        words = {"projects": projects, "versions": versions, "successful": successful}
        with translated(), connection.transaction():
            connection.execute(statement("lock_latest"))
            row = connection.execute(
                _filled("retire_stale_latest"), words | {"oldest": oldest, "as_of": as_of}
            ).fetchone()
        gone += row[0] if row else 0
    return gone


def forget_old_marks(connection: Connection[Any], as_of: datetime) -> int:
    """Let marks go that were received over 30 days before `as_of` (aware); gives how many. Raises AgainError, LostError."""
    with translated(), connection.transaction():
        return connection.execute(statement("forget_old_marks"), (as_of - timedelta(days=MARK_DAYS),)).rowcount


def _filled(name: str) -> sql.Composed:
    known = sql.SQL(", ").join(sql.Identifier(columns[0][0]) for columns in KNOWN.values())
    return template(statement(name)).format(known=known)
