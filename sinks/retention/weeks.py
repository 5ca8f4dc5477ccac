"""Weeks that the series no longer reach back to go, a week and kind at a time."""

from datetime import date
from typing import Any

from headcount.postgres import Connection, translated
from sinks.builds.weeks import KINDS
from sinks.retention.archive import Archive, read_lines
from sinks.retention.builds import ONE_SNAPSHOT
from sinks.statements import statement


def expire_weeks(connection: Connection[Any], before: date, archive: Archive | None) -> tuple[int, int]:
    """Remove the weeks that ended before a day; gives how many members went and how many were archived.

    Raises ArchiveError, AgainError and LostError; what was done until then stays done.
    """
    gone = archived = 0
    with translated(), connection.transaction():
        weeks = connection.execute(statement("past_weeks"), (before,)).fetchall()
    for (week,) in weeks:
        with translated(), connection.transaction():
            connection.execute(ONE_SNAPSHOT)
            if archive is not None:
                lines = read_lines(connection, statement("archive_weeks"), (list(KINDS), week))
                archived += archive.write("project_weeks", week, lines)
            gone += connection.execute(statement("delete_weeks"), (list(KINDS), week)).rowcount
    return gone, archived
