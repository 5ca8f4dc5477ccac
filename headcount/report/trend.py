"""How a value moves: its share of the projects that were built in each week. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from headcount.report.ask import Rows
from headcount.report.values import series_of

EDGE: Final = 4
"""Weeks at either end whose mean is compared, so that one odd week makes no trend."""
FEWEST: Final = 2 * EDGE
WIDTH: Final = 100
HEIGHT: Final = 24


@dataclass(frozen=True, slots=True)
class Trend:
    """Shares by week, the oldest first, 0 to 1; null where too few projects were behind it to be shown."""

    shares: Sequence[float | None]
    first: float
    last: float
    """The mean of the first and of the last weeks."""

    @property
    def weeks(self) -> int:
        """How many weeks there are."""
        return len(self.shares)

    @property
    def points(self) -> float:
        """By how many percentage points it moved."""
        return 100 * (self.last - self.first)

    def lines(self) -> list[str]:
        """Give the points of each unbroken line, for a drawing of WIDTH by HEIGHT whose top is the largest share."""
        top = max((share for share in self.shares if share is not None), default=0.0) or 1.0
        step = WIDTH / max(1, self.weeks - 1)
        lines: list[list[str]] = [[]]
        for number, share in enumerate(self.shares):
            if share is None:
                lines.append([])
            else:
                lines[-1].append(f"{number * step:.1f},{HEIGHT - 2 - share / top * (HEIGHT - 4):.1f}")
        return [" ".join(line) for line in lines if len(line) > 1]


Trends = Mapping[tuple[str, str], Trend]
"""By kind and line of the series."""


def trends(weekly: Rows, k: int) -> Trends:
    """Read the rows of weekly.sql. A line of under eight weeks tells nothing and is left out."""
    active: dict[date, int] = {}
    lines: dict[tuple[str, str], dict[date, int]] = {}
    for row in weekly:
        active[row["week"]] = row["active"]
        if row["value"] is not None:
            lines.setdefault((row["kind"], series_of(row["value"], row["detail"])), {})[row["week"]] = row["projects"]
    weeks = sorted(active)
    if len(weeks) < FEWEST:
        return {}
    found = {at: _trend(counts, weeks, active, k) for at, counts in lines.items()}
    return {at: trend for at, trend in found.items() if trend is not None}


def _trend(counts: Mapping[date, int], weeks: Sequence[date], active: Mapping[date, int], k: int) -> Trend | None:
    shares = [_share(counts.get(week, 0), active[week], k) for week in weeks]
    shown = [share for share in shares if share is not None]
    if len(shown) < FEWEST:
        return None
    return Trend(shares, sum(shown[:EDGE]) / EDGE, sum(shown[-EDGE:]) / EDGE)


def _share(projects: int, active: int, k: int) -> float | None:
    return projects / active if projects >= k or k == 1 else None
