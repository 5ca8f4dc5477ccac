"""All of retention, once, in an order in which what refers goes before what is referred to."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from headcount.metrics import Metrics
from headcount.postgres import Connection, connect, translated
from headcount.settings import RetentionSettings
from sinks.builds.retire import forget_old_marks, retire_stale_latest
from sinks.retention import accounts, builds, contents, weeks
from sinks.retention.archive import Archive, ArchiveError

APPLICATION: Final = "headcount retention"
LOCK: Final = 0x68637274
"""Advisory lock: one retention at a time ("hcrt")."""

Step = tuple[str, Callable[[], int | tuple[int, int]]]
"""A table, and what gives how many of its rows went, and how many of them were archived."""


@dataclass(slots=True)
class Outcome:
    """What a run did, by table, and what kept it from the rest.

    `errors`: steps that the archive let down. Stopped: the process is to end. Busy: another process is at it.
    """

    removed: dict[str, int] = field(default_factory=dict)
    archived: dict[str, int] = field(default_factory=dict)
    errors: list[ArchiveError] = field(default_factory=list)
    is_stopped: bool = False
    is_busy: bool = False

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do, for this process."""
        return not self.errors and not self.is_stopped


log = logging.getLogger("headcount.sink")


class Retention:
    """What the daily job calls. `wait(seconds)` pauses between tries, and is true as soon as the process is to end."""

    def __init__(self, dsn: str, kept: RetentionSettings, metrics: Metrics, *, wait: Callable[[float], bool]) -> None:
        self._dsn = dsn
        self._kept = kept
        self._metrics = metrics
        self._wait = wait
        self._archive = None if kept.archive_dir is None else Archive(kept.archive_dir)

    def run(self, as_of: datetime) -> Outcome:
        """Do all steps as of an aware time. Raises AgainError, LostError and UnavailableError."""
        outcome = Outcome()
        with connect(self._dsn, application=APPLICATION) as connection:
            with translated(), connection.transaction():
                row = connection.execute(b"SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
            if row is None or not row[0]:
                outcome.is_busy = True
                return outcome
            builds.make_months(connection, as_of)
            for table, step in self._steps(connection, as_of):
                outcome.is_stopped = outcome.is_stopped or self._wait(0.0)
                if not outcome.is_stopped:
                    self._do(table, step, outcome)
        if outcome.is_done:
            self._metrics.retention_at.set(as_of.timestamp())
        return outcome

    def _steps(self, connection: Connection[Any], as_of: datetime) -> Iterator[Step]:
        today = as_of.astimezone(UTC).date()
        archive = self._archive
        first_day = today - timedelta(days=self._kept.builds_days)
        yield "builds", partial(builds.expire_builds, connection, first_day, archive, wait=self._wait)
        yield "latest_builds", partial(retire_stale_latest, connection, as_of)
        yield "retirements", partial(forget_old_marks, connection, as_of)
        first_week = today - timedelta(days=self._kept.weeks_days)
        yield "project_weeks", partial(weeks.expire_weeks, connection, first_week, archive)
        for table in contents.TABLES:
            yield table, partial(contents.remove_unreferred, connection, table, as_of, archive)
        first_hour = datetime.combine(today - timedelta(days=self._kept.ledger_days), time(), UTC)
        yield "ledger_rows", partial(accounts.fold_ledger, connection, first_hour)
        yield "refusals", partial(accounts.fold_refusals, connection, first_hour)
        for table in accounts.AGES:
            yield table, partial(accounts.expire_table, connection, table, first_hour)

    def _do(self, table: str, step: Callable[[], int | tuple[int, int]], outcome: Outcome) -> None:
        try:
            found = step()
        except ArchiveError as error:
            self._metrics.retention_failures.labels(table).inc()
            outcome.errors.append(error)
            log.error("retention drops nothing", extra={"fields": {"table": table, "error": str(error)}})
            return
        gone, archived = found if isinstance(found, tuple) else (found, 0)
        outcome.removed[table], outcome.archived[table] = gone, archived
        self._metrics.retired_rows.labels(table).inc(gone)
        self._metrics.archived_rows.labels(table).inc(archived)
        if gone:
            log.info("retention", extra={"fields": {"table": table, "rows": gone, "archived": archived}})
