"""Records to Kafka, as often as it takes: the log waits on disk, so nothing is dropped and nothing is spooled."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from headcount.kafka import KafkaError, KafkaException, Producer, producer
from headcount.metrics import Metrics
from headcount.settings import KafkaSettings
from producers.ship.record import Record

RETRY_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0
"""For Kafka, once we are asked to stop; what it has not taken by then is sent by the next run."""

_log = logging.getLogger("headcount.ship")


class Delivery:
    """Sends rounds, one after the other. `wait` waits so many seconds, less when we are asked to stop."""

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        metrics: Metrics,
        is_stopping: Callable[[], bool],
        wait: Callable[[float], object],
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._is_stopping = is_stopping
        self._wait = wait
        self._client: Producer | None = None
        self.waits_since: float | None = None
        """Monotonic seconds of the moment since which a round waits for Kafka."""

    def deliver(self, records: Sequence[Record]) -> bool:
        """Send until Kafka has acknowledged all; False where we were asked to stop before that."""
        left = list(records)
        self.waits_since = time.monotonic()
        until: float | None = None
        while left:
            if self._is_stopping():
                until = until or time.monotonic() + STOP_SECONDS
                if time.monotonic() > until:
                    return False
            left = self._attempt(left)
            if left:
                self._wait(RETRY_SECONDS)
        self.waits_since = None
        return True

    def _attempt(self, records: Sequence[Record]) -> list[Record]:
        """Send once; give what has not arrived."""
        client = self._client = self._client or self._new()
        arrived: set[int] = set()
        answered = 0

        def delivered(number: int, error: KafkaError | None) -> None:
            nonlocal answered
            answered += 1
            if error is None:
                arrived.add(number)
                self._metrics.records.labels("producer", "out").inc()
                self._metrics.events.labels("producer", "out").inc(records[number].events)
            else:
                _log.warning("Kafka has not taken a batch", extra={"fields": {"error": error.str()}})

        def telling(number: int) -> Callable[[KafkaError | None, object], None]:
            return lambda error, _: delivered(number, error)

        sent = 0
        for number, record in enumerate(records):
            try:
                client.produce(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    partition=record.partition,
                    headers=list(record.headers),
                    on_delivery=telling(number),
                )
            except (BufferError, KafkaException) as error:
                _log.warning("Kafka's client refuses a batch", extra={"fields": {"error": str(error)}})
                break
            sent += 1
        until: float | None = None
        while answered < sent:
            client.poll(0.1)
            if self._is_stopping():
                until = until or time.monotonic() + STOP_SECONDS
                if time.monotonic() > until:
                    break
        if len(arrived) < len(records):
            # After a fatal error a client takes nothing more; a new one is as good after any other.
            client.purge()
            client.poll(0)
            self._client = None
        return [record for number, record in enumerate(records) if number not in arrived]

    def _new(self) -> Producer:
        return producer(
            self._settings,
            enable_idempotence=True,
            acks="all",
            compression_type="zstd",
            linger_ms=0,
            # For ever: there is nothing better to do than to wait.
            message_timeout_ms=0,
        )
