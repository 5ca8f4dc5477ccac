"""What upstreams answer, in metrics; and a line in the log when one goes away, and when it is back."""

import logging
from urllib.parse import urlsplit

from headcount.metrics import Metrics

_log = logging.getLogger("headcount.gateway")


class Told:
    """What is told of one kind of thing. No name of a project is in a log: it may be somebody's own."""

    def __init__(self, what: str, metrics: Metrics | None) -> None:
        self._what = what
        self._metrics = metrics
        self._away: set[str] = set()

    def __call__(self, outcome: str, why: str, url: str) -> None:
        """Count one answer, or that there was none, of the host of `url`."""
        if self._metrics is not None:
            self._metrics.gateway_upstream.labels(self._what, outcome).inc()
        host = urlsplit(url).netloc
        if outcome == "away" and host not in self._away:
            self._away.add(host)  # the hosts of a manifest's rules: a few
            _log.warning(
                "an upstream does not answer", extra={"fields": {"what": self._what, "host": host, "why": why}}
            )
        elif outcome != "away" and host in self._away:
            self._away.remove(host)
            _log.info("an upstream answers again", extra={"fields": {"what": self._what, "host": host}})

    def holds(self, size: int) -> None:
        """Set how many bytes are kept."""
        if self._metrics is not None:
            self._metrics.gateway_kept_bytes.labels(self._what).set(size)
