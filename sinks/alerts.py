"""Alerts of completeness in the sink: asks the database, shows what fires as a gauge, says when it begins and ends.

A thread with a connection of its own. Every sink asks, and all give the same answer: no one has to be the first among them.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from headcount.errors import HeadcountError
from headcount.metrics import Metrics
from headcount.postgres import AgainError, LostError, connect, translated
from schemas.builds.expected import COLLECTORS, FIELDS
from sinks.statements import statement

EVERY_SECONDS: Final = 15.0
"""The tables it asks of are small, and Prometheus looks as often."""

ALWAYS_SHOWN: Final = (
    *(("knowledge_low", collector) for collector in COLLECTORS),
    *(("knowledge_dropped", collector) for collector in COLLECTORS),
    *(("field_empty", field) for field in FIELDS),
)
"""Shown as 0 while they do not fire, so that one sees that somebody looks."""

log = logging.getLogger("headcount.sink")


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that fires. `name` is a collector or a field; shares are of 1, null where there is none."""

    alert: str
    name: str
    share: float | None
    threshold: float | None
    usual: float | None
    found: int
    total: int

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.alert, self.name


class Alerts:
    """Asks at the start and every EVERY_SECONDS until `stop()`."""

    def __init__(self, evaluate: Callable[[], list[Alert]], metrics: Metrics) -> None:
        self._evaluate = evaluate
        self._metrics = metrics
        self._firing: set[tuple[str, str]] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being asked."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            self.run_once()
            wait = EVERY_SECONDS

    def run_once(self) -> bool:
        """Ask once; false where the database is away, which the sink itself says. The gauge stays as it was then."""
        try:
            found = self._evaluate()
        except (HeadcountError, LostError, AgainError) as error:
            log.info("alerts of completeness wait", extra={"fields": {"error": str(error)}})
            return False
        firing = {alert.key: alert for alert in found}
        for key in {*ALWAYS_SHOWN, *self._firing, *firing}:
            self._metrics.completeness_alert.labels(*key).set(key in firing)
        for key in sorted(firing.keys() - self._firing):
            log.warning("completeness: an alert fires", extra={"fields": _fields(firing[key])})
        for alert, name in sorted(self._firing - firing.keys()):
            log.info("completeness: an alert has ended", extra={"fields": {"alert": alert, "name": name}})
        self._firing = set(firing)
        return True


def _fields(alert: Alert) -> dict[str, object]:
    return {
        "alert": alert.alert,
        "name": alert.name,
        "share": alert.share,
        "threshold": alert.threshold,
        "usual": alert.usual,
        "found": alert.found,
        "total": alert.total,
    }


def alerts_of(dsn: str) -> list[Alert]:
    """Ask on a connection of one's own; hours that no alert looks at any more are removed on the way."""
    with connect(dsn, application="headcount alerts") as connection, translated():
        connection.execute(statement("forget_completeness_hours"))
        return [Alert(*row) for row in connection.execute(statement("completeness_alerts")).fetchall()]
