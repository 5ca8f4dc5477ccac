"""Retirement within a take: marks go into the draft, and latest rows that marks concern are pruned, or removed.

Pruning commutes with joining (schemas/builds/retirement.py), so it is done once, behind all records of a take.
"""

from typing import Any, Final

from streams.domain import Domain
from streams.latest_rows import LatestRows
from streams.state import Draft

Record = dict[str, Any]

DAY_US: Final = 24 * 3_600_000_000
SWEPT_AT_ONCE: Final = 1_000
"""Rows that a take retires for their age at most, so that it does not become huge."""


def sweep(latest: dict[bytes, Record | None], draft: Draft, rows: LatestRows, domain: Domain, now: int) -> None:
    """Mark rows that are too old: once a day of receipt (`now`, microseconds), and once after a takeover."""
    today = now // DAY_US
    if draft.state.swept_on == today:
        return
    found = 0
    for key in rows:
        row = latest[key] if key in latest else rows.get(key)
        mark = domain.retirement.stale(row, now) if row is not None else None
        if mark:
            if found == SWEPT_AT_ONCE:
                return  # the next take goes on
            draft.retire(key, mark, now)
            found += 1
    draft.swept_on = today


def prune(latest: dict[bytes, Record | None], draft: Draft, rows: LatestRows, domain: Domain) -> None:
    """Prune the rows that a take changes, and all that its marks concern; what is left of none becomes null."""
    if not draft.has_marks():
        return
    retirement = domain.retirement
    keys = set(latest)
    for scope in draft.marks:
        keys |= rows.group(scope) or {scope}
    for key in keys:
        before = rows.get(key)
        row = latest.get(key, before)
        for mark in (draft.mark(key), draft.mark(retirement.group_of(key))):
            row = retirement.prune(row, mark) if row is not None and mark is not None else row
        if row is None and before is None:
            latest.pop(key, None)
        elif row is not before:
            latest[key] = row
