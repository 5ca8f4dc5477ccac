"""Package lists and configurations that nothing refers to any more go; builds, latest rows and weeks refer to them (K2, S5).

What is seen today stays: a sink that met it may refer to it in a transaction that nobody sees yet. A sink that brings it
back while we remove it either stops us, as it notes the day first, or finds it gone and writes it anew.
"""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from headcount.postgres import Connection, translated
from sinks.retention.archive import Archive, read_lines
from sinks.statements import statement

AT_ONCE: Final = 500
"""Of one transaction: a list has some hundred items."""

LONGEST_TRANSACTION: Final = timedelta(hours=1)
"""Of a sink, by far: what was seen before midnight is in use for this long after it."""

TABLES: Final = ("package_lists", "build_configs")


def remove_unreferred(
    connection: Connection[Any], table: str, as_of: datetime, archive: Archive | None
) -> tuple[int, int]:
    """Remove what nothing refers to of one of TABLES; gives how many went and how many were archived.

    Raises ArchiveError, AgainError and LostError; what was done until then stays done.
    """
    unseen_since = (as_of - LONGEST_TRANSACTION).date()
    with translated(), connection.transaction():
        found = connection.execute(statement(f"unreferred_{table}"), (unseen_since,)).fetchall()
    gone = archived = 0
    # By the day of last sight, so that a job that begins again writes into the same files.
    for day, rows in groupby(sorted(found), key=lambda row: row[0]):
        keys = [row[1] for row in rows]
        archived += _archive(connection, table, day, keys, archive)
        for start in range(0, len(keys), AT_ONCE):
            with translated(), connection.transaction():
                some = keys[start : start + AT_ONCE]
                row = connection.execute(statement(f"remove_{table}"), (some, unseen_since)).fetchone()
                gone += row[0] if row else 0
    return gone, archived


def _archive(connection: Connection[Any], table: str, day: date, keys: list[Any], archive: Archive | None) -> int:
    if archive is None:
        return 0
    with translated(), connection.transaction():
        return archive.write(table, day, read_lines(connection, statement(f"archive_{table}"), (keys,)))
