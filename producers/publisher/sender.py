"""Gets batches to Kafka in the order of their lines, by way of the spool where Kafka does not take them at once.

Runs in the publisher's own thread. A batch that Kafka has not acknowledged soon is written to the spool as well, and its
file goes when the acknowledgement comes: so a killed host loses only what is younger than that.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from headcount.kafka import KafkaError, KafkaException, Producer, producer
from headcount.metrics import Metrics
from headcount.settings import KafkaSettings
from producers.publisher.batch import Batch
from producers.publisher.spool import Kept, Spool, too_old
from schemas.topics import BY_NAME

SPOOL_AFTER_SECONDS: Final = 0.04
MAX_FLYING: Final = 64
"""Batches that librdkafka holds at most (16 MiB); what comes on top waits in the spool."""

RETRY_SECONDS: Final = 1.0
ADOPT_SECONDS: Final = 30.0

Line = tuple[str, int, str]

_log = logging.getLogger("headcount.publisher")


@dataclass(slots=True, eq=False)
class _Flying:
    """A batch that librdkafka has; `kept` is where it lies, if it is in the spool too."""

    batch: Batch
    since: float
    kept: Kept | None


class Sender:
    """Sends; `lost` is told of every batch that has to be dropped and why, and says whether it reports it itself."""

    def __init__(
        self, settings: KafkaSettings, spool: Spool, *, metrics: Metrics, lost: Callable[[Batch, str], bool]
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._metrics = metrics
        self._lost = lost
        self._client: Producer | None = None
        self._flying: dict[int, _Flying] = {}
        self._backlog: deque[Kept] = deque()
        self._waiting: Counter[Line] = Counter()
        self._lines: dict[Kept, tuple[Line, int]] = {}
        self._waiting_events = 0
        """Of all in `_lines`: after an hour without Kafka there are too many to add them up at every step."""

        self._numbers = 0
        self._retry_at = 0.0
        self._adopt_at = 0.0
        self._more_dropped: Counter[Line] = Counter()
        self._write_at = 0.0
        self._spool_failed = False
        self.left = 0
        """Events that Kafka had not acknowledged at the end of the last step; read by other threads."""

    def keeps_back(self, line: Line) -> bool:
        """Whether batches of a line wait in the spool, so that its next one has to as well."""
        return self._waiting.get(line, 0) > 0

    def send(self, batch: Batch) -> None:
        """Take a batch: to Kafka at once where it may go, else to the spool."""
        if self._waiting[batch.line] or len(self._flying) >= MAX_FLYING or not self._produce(batch, None):
            self._keep(batch)

    def step(self) -> None:
        """Do what is due: deliveries, spooling of what is late, the backlog, orphans."""
        now = time.monotonic()
        if self._client is not None:
            self._client.poll(0)
        self.spool_late(now - SPOOL_AFTER_SECONDS)
        if now >= self._adopt_at:
            self._adopt_at = now + ADOPT_SECONDS
            self._adopt()
        self._make_room()
        if now >= self._retry_at:
            self._pump()
        flying = sum(one.batch.count for one in self._flying.values())
        self.left = flying + self._waiting_events
        self._metrics.spool_bytes.set(self._spool.bytes)
        self._metrics.spool_batches.set(len(self._spool))

    def spool_late(self, before: float) -> None:
        """Write to the spool what has been flying since before a time (monotonic seconds)."""
        if time.monotonic() < self._write_at:
            return  # the disk refused a moment ago; what flies may still arrive
        for flying in self._flying.values():
            if flying.kept is None and flying.since <= before:
                flying.kept = self._write(flying.batch)
                if flying.kept is None:
                    return

    def close(self) -> None:
        """Give up: everything that is not acknowledged stays in the spool."""
        self._write_at = 0.0
        self.spool_late(float("inf"))
        self._spool.close()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's locks without releasing them."""
        self._spool.abandon()

    def _produce(self, batch: Batch, kept: Kept | None) -> bool:
        client = self._connected()
        if client is None:
            return False
        self._numbers += 1
        number = self._numbers
        self._flying[number] = _Flying(batch, time.monotonic(), kept)
        try:
            client.produce(
                batch.topic,
                value=batch.value,
                partition=batch.partition,
                headers=batch.headers(self._more_dropped[batch.line]),
                on_delivery=lambda error, _: self._delivered(number, error),
            )
        except BufferError:
            del self._flying[number]
            return False
        except KafkaException as error:
            del self._flying[number]
            if error.args[0].fatal():
                self._begin_anew()
            return False
        return True

    def _begin_anew(self) -> None:
        """After a fatal error librdkafka's producer takes nothing any more: what it has goes to the spool, and it goes."""
        client, self._client = self._client, None
        self._retry_at = time.monotonic() + RETRY_SECONDS
        if client is not None:
            client.purge()
            client.flush(RETRY_SECONDS)

    def _connected(self) -> Producer | None:
        if self._client is None and time.monotonic() >= self._retry_at:
            try:
                self._client = producer(
                    self._settings,
                    enable_idempotence=True,
                    acks="all",
                    compression_type="zstd",
                    linger_ms=0,
                    # For ever: what cannot be delivered is in the spool, and the order of a line is kept.
                    message_timeout_ms=0,
                )
            except KafkaException as error:
                self._retry_at = time.monotonic() + RETRY_SECONDS
                _log.warning("Kafka's settings are refused", extra={"fields": {"error": str(error)}})
        return self._client

    def _delivered(self, number: int, error: KafkaError | None) -> None:
        flying = self._flying.pop(number)
        if error is None:
            if flying.kept is not None:
                self._remove(flying.kept)
            self._metrics.records.labels("producer", "out").inc()
            self._metrics.events.labels("producer", "out").inc(flying.batch.count)
        elif error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            self._drop(flying.batch, flying.kept, "too_large")
        else:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            _log.warning("a batch is kept for later", extra={"fields": {"error": error.str()}})
            self._keep(flying.batch, flying.kept, again=True)

    def _keep(self, batch: Batch, kept: Kept | None = None, *, again: bool = False) -> None:
        kept = kept or self._write(batch)
        if kept is None:
            self._report(batch, "disk")
            return
        self._lines[kept] = (batch.line, batch.count)
        self._waiting_events += batch.count
        self._waiting[batch.line] += 1
        if again:
            self._backlog.appendleft(kept)
        else:
            self._backlog.append(kept)

    def _write(self, batch: Batch) -> Kept | None:
        try:
            kept = self._spool.write(batch)
        except OSError as error:
            if not self._spool_failed:
                _log.error("the spool cannot be written", extra={"fields": {"error": str(error)}})
            self._spool_failed = True
            self._write_at = time.monotonic() + RETRY_SECONDS
            return None
        self._spool_failed = False
        return kept

    def _pump(self) -> None:
        """Send the backlog in its order while librdkafka has room."""
        while self._backlog and len(self._flying) < MAX_FLYING:
            kept = self._backlog[0]
            batch = self._spool.read(kept)
            if batch is None:
                self._metrics.dropped.labels("disk").inc(self._lines[kept][1])
                self._forget(self._backlog.popleft())
            elif too_old(batch):
                self._forget(self._backlog.popleft())
                self._drop(batch, kept, "age")
            elif self._produce(batch, kept):
                self._forget(self._backlog.popleft())
            else:
                return

    def _make_room(self) -> None:
        for kept in self._spool.surplus(lambda kept: kept in self._lines):
            batch = self._spool.read(kept)
            self._backlog.remove(kept)
            self._forget(kept)
            if batch is not None:
                self._drop(batch, kept, "spool_full")

    def _drop(self, batch: Batch, kept: Kept | None, cause: str) -> None:
        if kept is not None:
            self._remove(kept)
        self._report(batch, cause)

    def _report(self, batch: Batch, cause: str) -> None:
        """Tell of a loss: its own publisher in its next batch; for an orphan its later batches, or an empty one, do."""
        if batch.count == 0 or self._lost(batch, cause):
            return
        self._more_dropped[batch.line] += batch.count
        if not self._waiting[batch.line]:
            self.send(batch.empty_successor(BY_NAME[batch.topic.removeprefix(self._settings.topic_prefix)]))

    def _forget(self, kept: Kept) -> None:
        line, events = self._lines.pop(kept)
        self._waiting_events -= events
        self._waiting[line] -= 1
        if not self._waiting[line]:
            del self._waiting[line]

    def _remove(self, kept: Kept) -> None:
        self._spool.remove(kept)

    def _adopt(self) -> None:
        self._spool.tidy()
        adopted = [(batch, kept) for kept in self._spool.adopt() if (batch := self._head_of(kept)) is not None]
        # By their numbers: one that Kafka had not acknowledged in time was written after later ones of its line.
        for batch, kept in sorted(adopted, key=lambda pair: (pair[0].line, pair[0].head.seq)):
            self._keep(batch, kept)

    def _head_of(self, kept: Kept) -> Batch | None:
        batch = self._spool.read(kept)
        return None if batch is None else replace(batch, value=b"")
