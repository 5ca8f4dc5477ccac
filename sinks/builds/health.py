"""Completeness of a batch (builds.md M2, M3): adds events up by the hour of their receipt, and writes the sums.

Events are counted, not builds: once each, when they are received, so that neither a later attempt nor retention changes
what a day said. By receipt, as `started_at` is a client's word: a spool that comes late would change days that were judged.
"""

import re
from collections import Counter
from typing import Any, Final

from headcount.metrics import Metrics
from headcount.postgres import Cursor
from schemas.builds.expected import COLLECTORS, Facts, is_known
from schemas.builds.filled import Masks, fields, masks
from sinks.builds.hidden import OTHER, Hidden, Record
from sinks.statements import statement
from sinks.times import hour_of, instant

STATUSES: Final = frozenset({"ok", "empty", "missing", "error", "timeout"})
DOC_TOOLS: Final = frozenset({"sphinx", "mkdocs", "generic", None})
_IMAGE_OS: Final = re.compile(r"[a-z]{1,32}-[a-z0-9.-]{1,16}", re.ASCII)

KNOWN: Final = "known"
FILLED: Final = "filled"

_Fared = tuple[str, bool, bool]
"""One collector of one event: status, known, expected."""

_Signature = tuple[int, str | None, str | None, tuple[_Fared, ...]]
"""Hour, doc tool, image and how each collector fared: most events of a batch share a few."""


class Health:
    """What a batch says about completeness. Nothing a client chose is a key: every word is of a closed set."""

    def __init__(self) -> None:
        self._collectors: Counter[_Signature] = Counter()
        self._fields: Counter[tuple[int, Masks]] = Counter()
        self._hidden: dict[int, Hidden] = {}

    def add(self, event: Record, received_at: int) -> None:
        """Add one finished build; `received_at` in microseconds."""
        hour = hour_of(received_at)
        facts = Facts(event)
        fared = []
        for name, rule in COLLECTORS.items():
            result = facts.collector(name)
            status = result["status"]
            fared.append((status if status in STATUSES else OTHER, is_known(result), rule(facts)))
        tool, image = event["doctool"]["name"], event["image"]["os"]
        if tool not in DOC_TOOLS:
            tool = OTHER
        if image is not None and not _IMAGE_OS.fullmatch(image):
            image = OTHER
        self._collectors[hour, tool, image, tuple(fared)] += 1
        self._fields[hour, masks(facts)] += 1
        hidden = self._hidden.get(hour)
        if hidden is None:
            hidden = self._hidden[hour] = Hidden()
        hidden.add(event)

    def cells(self) -> Counter[tuple[Any, ...]]:
        """Give builds by (hour, collector, doc tool, image, status, known, expected)."""
        cells: Counter[tuple[Any, ...]] = Counter()
        for (hour, tool, image, fared), builds in self._collectors.items():
            for collector, (status, known, expected) in zip(COLLECTORS, fared, strict=True):
                cells[hour, collector, tool, image, status, known, expected] += builds
        return cells

    def measures(self) -> dict[tuple[int, str, str], tuple[int, int]]:
        """Give (part, whole) by (hour, measure, name): known of expected by collector, filled of expected by field,
        hidden of all.
        """
        parts: Counter[tuple[int, str, str]] = Counter()
        wholes: Counter[tuple[int, str, str]] = Counter()
        for (hour, collector, _, _, _, known, expected), builds in self.cells().items():
            if expected:
                parts[hour, KNOWN, collector] += builds if known else 0
                wholes[hour, KNOWN, collector] += builds
        for (hour, (expected_fields, filled_fields)), builds in self._fields.items():
            for field in fields(expected_fields):
                wholes[hour, FILLED, field] += builds
            for field in fields(filled_fields):
                parts[hour, FILLED, field] += builds
        for hour, hidden in self._hidden.items():
            for (measure, name), (part, whole) in hidden.measures().items():
                parts[hour, measure, name] += part
                wholes[hour, measure, name] += whole
        return {key: (parts[key], whole) for key, whole in wholes.items()}


def write_health(cursor: Cursor[Any], health: Health) -> None:
    """Add the sums to the tables. In the order of their keys, as other sinks add to the same rows."""
    days: dict[tuple[Any, ...], list[int]] = {}
    for (hour, collector, tool, image, status, known, expected), builds in health.cells().items():
        row = days.setdefault((instant(hour).date(), collector, tool, image, status), [0, 0, 0, 0])
        for place, counts in enumerate((True, known, expected, known and expected)):
            row[place] += builds if counts else 0
    if not days:
        return
    cursor.execute(statement("add_collector_health"), _columns([(*key, *row) for key, row in days.items()]))
    measures = [(instant(hour), *rest, *counts) for (hour, *rest), counts in health.measures().items()]
    cursor.execute(statement("add_completeness"), _columns(measures))


def count_health(metrics: Metrics, health: Health) -> None:
    """Add the same sums to the metrics, once the transaction has committed."""
    for (_, measure, name), (part, whole) in health.measures().items():
        match measure:
            case "known":
                metrics.collector_expected.labels(name).inc(whole)
                metrics.collector_known.labels(name).inc(part)
            case "filled":
                metrics.field_expected.labels(name).inc(whole)
                metrics.field_filled.labels(name).inc(part)
            case _:
                metrics.hidden.labels(measure).inc(part)


def _columns(rows: list[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
