"""The daily job of the sink process: what is past goes, then the ledger is compared with the tables.

A thread with connections of its own, so that a long count holds no record up. Safe to run twice, and beside other sinks.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from headcount.errors import HeadcountError
from headcount.metrics import Metrics
from headcount.postgres import AgainError, LostError, connect
from sinks.checks import Check, run_checks
from sinks.retention.run import Outcome

DAY_SECONDS: Final = 24 * 60 * 60.0
HOUR_SECONDS: Final = 60 * 60.0
"""After a retention that could not archive: a full disk wants a person."""

RETRY_SECONDS: Final = 60.0

log = logging.getLogger("headcount.sink")


class Daily:
    """Runs at the start and once a day until `stop()`.

    A retention that could not do all is tried again within the hour; one that another process is at is that one's.
    """

    def __init__(
        self,
        checks: Callable[[], list[Check]],
        metrics: Metrics,
        *,
        retention: Callable[[datetime], Outcome],
        stopping: threading.Event,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._checks = checks
        self._metrics = metrics
        self._retention = retention
        self._stopping = stopping
        self._now = now
        self._thread = threading.Thread(target=self._run, name="daily", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            try:
                wait = self.run_once()
            except Exception:  # the outermost frame of a thread: it must not end unseen while the sink goes on
                self._metrics.retention_failures.labels("(unknown)").inc()
                log.exception("the daily job failed; it is tried again within the hour")
                wait = HOUR_SECONDS

    def run_once(self) -> float:
        """Do all of it once; gives after how many seconds to do it again. The sink itself says that a database is away."""
        try:
            wait = DAY_SECONDS if self._retention(self._now()).is_done else HOUR_SECONDS
            checks = self._checks()
        except (HeadcountError, LostError, AgainError) as error:
            log.info("the daily job waits", extra={"fields": {"error": str(error)}})
            return RETRY_SECONDS
        for check in checks:
            self._metrics.ledger_difference.labels(check.name).set(check.difference)
            if check.difference:
                fields = {"check": check.name, "expected": check.expected, "found": check.found}
                log.error("the ledger and the tables differ", extra={"fields": fields})
        return wait


def checks_of(dsn: str) -> list[Check]:
    """Run the comparisons on a connection of their own."""
    with connect(dsn, application="headcount daily") as connection:
        return run_checks(connection)
