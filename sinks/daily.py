"""The daily job of the sink process: compares the ledger with the tables. Safe to run twice, and beside other sinks.

A thread with a connection of its own, so that a long count holds no record up.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from headcount.errors import HeadcountError
from headcount.metrics import Metrics
from headcount.postgres import AgainError, LostError, connect
from sinks.checks import Check, run_checks

DAY_SECONDS: Final = 24 * 60 * 60.0
RETRY_SECONDS: Final = 60.0

log = logging.getLogger("headcount.sink")


class Daily:
    """Runs at the start and once a day until `stop()`."""

    def __init__(self, checks: Callable[[], list[Check]], metrics: Metrics) -> None:
        self._checks = checks
        self._metrics = metrics
        self._stopping = threading.Event()
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
            wait = DAY_SECONDS if self.run_once() else RETRY_SECONDS

    def run_once(self) -> bool:
        """Compare once; false where the database is away, which the sink itself says."""
        try:
            checks = self._checks()
        except (HeadcountError, LostError, AgainError) as error:
            log.info("the daily job waits", extra={"fields": {"error": str(error)}})
            return False
        for check in checks:
            self._metrics.ledger_difference.labels(check.name).set(check.difference)
            if check.difference:
                fields = {"check": check.name, "expected": check.expected, "found": check.found}
                log.error("the ledger and the tables differ", extra={"fields": fields})
        return True


def checks_of(dsn: str) -> list[Check]:
    """Run the comparisons on a connection of their own."""
    with connect(dsn, application="headcount daily") as connection:
        return run_checks(connection)
