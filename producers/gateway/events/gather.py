"""Gathers what a worker answered for a few milliseconds and hands it to the publisher. Lives in the event loop."""

import asyncio
import logging
import time
from collections import Counter
from typing import Final

from headcount.metrics import Metrics
from producers.gateway.events.encode import Answered, Encoder
from producers.publisher import Group, Publisher
from schemas.topics import RAW_DOWNLOADS

GATHER_SECONDS: Final = 0.02
"""Within the 25 ms for which the publisher lets an event wait for others: it counts from `since`."""

GATHER_REQUESTS: Final = 500
"""Half a millisecond's work for the event loop."""

_log = logging.getLogger("headcount.gateway")


class Gatherer:
    """Takes each answered request by `add`; everything is with the publisher GATHER_SECONDS later."""

    def __init__(self, publisher: Publisher, *, metrics: Metrics) -> None:
        self._publisher = publisher
        self._metrics = metrics
        self._encoder = Encoder()
        self._waiting: list[Answered] = []
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, answered: Answered) -> None:
        """Take one request whose answer is written. Never raises, never waits for Kafka."""
        waiting = self._waiting
        waiting.append(answered)
        if self._timer is None:
            self._since = time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self.hand_over)
        elif len(waiting) >= GATHER_REQUESTS:
            self.hand_over()

    def hand_over(self) -> None:
        """Give what waits to the publisher now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            groups = self._encoder.groups(waiting)
        except Exception:  # noqa: BLE001 - a callback of the loop: one that does not fit must not take the others along
            groups = [group for one in waiting for group in self._alone(one)]
        self._publisher.publish_groups(RAW_DOWNLOADS, groups, since=self._since)
        self._count(waiting)

    def _alone(self, one: Answered) -> list[Group]:
        try:
            return self._encoder.groups([one])
        except Exception as error:  # noqa: BLE001 - as above
            self._metrics.dropped.labels("schema").inc()
            _log.error("an event is dropped", extra={"fields": {"error": type(error).__name__}})
            return []

    def _count(self, waiting: list[Answered]) -> None:
        requests = Counter((one.about.rule, one.status // 100) for one in waiting if not one.opted_out)
        for (rule, hundreds), count in requests.items():
            self._metrics.gateway_requests.labels(rule.value, f"{hundreds}xx").inc(count)
        if opted_out := sum(one.opted_out for one in waiting):
            self._metrics.gateway_opted_out.inc(opted_out)
        if unknown := sum(not (one.about.counted or one.opted_out) for one in waiting):
            self._metrics.gateway_unknown_projects.inc(unknown)
