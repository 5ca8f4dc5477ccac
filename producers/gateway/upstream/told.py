"""What upstreams answer, in metrics; and a line in the log when one goes away, and when it is back."""

import logging

from headcount.metrics import Metrics

_log = logging.getLogger("headcount.gateway")


class Told:
    """What is told of one kind of thing. No name of a project is in a log: it may be somebody's own."""

    def __init__(self, what: str, metrics: Metrics | None) -> None:
        self._what = what
        self._metrics = metrics
        self._is_away = False

    def __call__(self, outcome: str, why: str) -> None:
        """Count one answer."""
        if self._metrics is not None:
            self._metrics.gateway_upstream.labels(self._what, outcome).inc()
        is_away = outcome == "away"
        if is_away and not self._is_away:
            _log.warning("an upstream does not answer", extra={"fields": {"what": self._what, "why": why}})
        elif self._is_away and not is_away:
            _log.info("an upstream answers again", extra={"fields": {"what": self._what}})
        self._is_away = is_away

    def holds(self, size: int) -> None:
        """Set how many bytes are kept."""
        if self._metrics is not None:
            self._metrics.gateway_kept_bytes.labels(self._what).set(size)
