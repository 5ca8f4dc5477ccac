"""What builds could tell: knowledge by collector, and the days on which it was missing. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from headcount.report.ask import Rows

ENOUGH: Final = 0.95
"""A day on which less is known of a datum is a gap; the alerts ask for as much (builds.md M4)."""
MOST_GAPS: Final = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """Days in a row on which too little was known."""

    first: date
    last: date
    builds: int
    known: int


@dataclass(frozen=True, slots=True)
class Collector:
    """Of how many builds a datum is known, and its largest gaps."""

    name: str
    builds: int
    known: int
    gaps: Sequence[Gap]
    more_gaps: int


def collectors(rows: Rows) -> list[Collector]:
    """Read the rows of collectors.sql, a day a collector; the least known comes first."""
    ordered = sorted(rows, key=lambda row: (row["collector"], row["day"]))
    found = [
        _collector(name, list(days)) for name, days in itertools.groupby(ordered, lambda row: str(row["collector"]))
    ]
    return sorted(found, key=lambda each: (each.known / each.builds, each.name))


def _collector(name: str, days: Rows) -> Collector:
    gaps = [
        Gap(run[0]["day"], run[-1]["day"], sum(row["builds"] for row in run), sum(row["known"] for row in run))
        for is_gap, each in itertools.groupby(days, lambda row: bool(row["known"] < ENOUGH * row["builds"]))
        if is_gap and (run := list(each))
    ]
    gaps.sort(key=lambda gap: (gap.known - gap.builds, gap.first))
    return Collector(
        name,
        sum(row["builds"] for row in days),
        sum(row["known"] for row in days),
        gaps[:MOST_GAPS],
        max(0, len(gaps) - MOST_GAPS),
    )
