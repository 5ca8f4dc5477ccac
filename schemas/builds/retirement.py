"""Retirement of latest rows (builds.md L7, L8): what a mark removes, and when a row is too old to be kept.

A mark of time t says of a version, or of all versions of a project: builds that started at or before t count as if they
had never been. The newest build decides first by its start, so pruning a row gives what joining only the later builds
gives, whatever the order in which builds and marks came. Rows may be packed as the sink packs them.
"""

from collections.abc import Mapping
from typing import Any, Final

Record = dict[str, Any]

HALVES: Final = ("latest", "successful")
"""The two rows of a version, by their names in a record of the latest topic."""

Mark = Mapping[str, int]
"""By half: the start, in microseconds, up to which builds are retired. A half without one keeps all."""

VERSION_RETIRED: Final = "version_retired"
PROJECT_RETIRED: Final = "project_retired"

MARK_DAYS: Final = 30
"""A mark is kept this long after its receipt: longer than spool, raw topic and dead letters keep a late event."""

STALE_DAYS: Final = 400
"""A row goes when all that it knows was learnt by builds that started longer ago."""

DAY_US: Final = 24 * 3_600_000_000


def scope_of(event: Record) -> tuple[str, str | None] | None:
    """Give the project id and version id that a clean event retires, null for all versions; null for any other event."""
    if event["kind"] == VERSION_RETIRED and event["version"] is not None:
        return event["project"]["id"], event["version"]["id"]
    if event["kind"] == PROJECT_RETIRED:
        return event["project"]["id"], None
    return None


def mark_of(event: Record) -> Mark:
    """Give the mark of a clean event that retires."""
    return dict.fromkeys(HALVES, event["build"]["started_at"])


def later(left: Mark, right: Mark) -> Mark:
    """Join two marks: what either of them retires."""
    return {half: max(mark[half] for mark in (left, right) if half in mark) for half in {**left, **right}}


def prune(row: Record | None, retired_at: int | None) -> Record | None:
    """Give what the builds that started after `retired_at` (microseconds) leave of one row; null where none is left."""
    if row is None or retired_at is None:
        return row
    if row["order"]["started_at"] <= retired_at:
        return None
    parts = row["parts"]
    if all(known is None or known["known"]["started_at"] > retired_at for known in parts.values()):
        return row
    kept = {
        part: None if known is None or known["known"]["started_at"] <= retired_at else known
        for part, known in parts.items()
    }
    return row | {"parts": kept}


def prune_latest(rows: Record, mark: Mark) -> Record | None:
    """Prune both rows of a version; null where nothing is left, the same object where nothing goes."""
    pruned = {half: prune(rows[half], mark.get(half)) for half in HALVES}
    if all(row is None for row in pruned.values()):
        return None
    return rows if all(pruned[half] is rows[half] for half in HALVES) else pruned


def known_at(row: Record) -> int:
    """Give the start of the newest build that knows a part of a row; its own where no build knows any (microseconds)."""
    known = [part["known"]["started_at"] for part in row["parts"].values() if part is not None]
    started_at: int = max(known) if known else row["order"]["started_at"]
    return started_at


def stale(rows: Record, now: int) -> Mark:
    """Give the mark that retires those of a version's two rows whose knowledge is too old at `now`; empty for none."""
    oldest = now - STALE_DAYS * DAY_US
    return {
        half: row["order"]["started_at"]
        for half in HALVES
        if (row := rows[half]) is not None and known_at(row) < oldest
    }
