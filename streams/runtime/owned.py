"""One raw partition that this worker owns: fenced, its state loaded, each take one Kafka transaction of its own."""

import logging
import threading
import time
from collections.abc import MutableMapping, Sequence
from typing import Any, Final

from headcount.kafka import KafkaException, Producer, producer
from headcount.metrics import Metrics
from headcount.settings import KafkaSettings
from schemas.codec import decode
from streams.domain import Domain
from streams.errors import PartitionStoppedError, TakeFailedError
from streams.form import FormWatch
from streams.latest_rows import LatestRows
from streams.runtime.compacted import first_offset, read_all, watermarks
from streams.runtime.exit import die
from streams.runtime.series import Memory, Series, check, stored_position
from streams.state import Draft, State
from streams.take import RawRecord, Take, Taker

Latest = MutableMapping[bytes, dict[str, Any]]

COMMIT_SECONDS: Final = 30.0
TRANSACTION_MS: Final = 45_000
"""A transaction left open by a worker that is stopped, not dead, is aborted by the broker after this."""

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""What the topics that we write allow; librdkafka's own limit is lower."""

TAKE_BYTES: Final = 1024 * 1024
"""Raw bytes that one transaction takes at most, so that what it writes stays below 2 MiB."""

_log = logging.getLogger(__name__)


class Owned:
    """A partition under one generation of the consumer group."""

    def __init__(
        self,
        *,
        settings: KafkaSettings,
        domain: Domain,
        series: Series,
        memory: Memory,
        partition: int,
        generation: int,
        latest: Latest,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._domain = domain
        self._series = series
        self._memory = memory
        self.partition = partition
        self.generation = generation
        self._latest = LatestRows(latest, domain.retirement.group_of)
        self._metrics = metrics
        self._lock = threading.Lock()
        self._form = FormWatch()
        self._state = State()
        self._producer: Producer | None = None
        self.stopped: PartitionStoppedError | None = None
        self.committed_at = time.monotonic()
        self._taker = Taker(domain, raw_name=series.topic, partition=partition, latest=self._latest)

    @property
    def position(self) -> int:
        """The next raw offset."""
        return self._state.position.next_offset if self._state.position is not None else 0

    def open(self) -> None:
        """Fence the former owner, load state and latest rows, find the position. Blocks; raises KafkaException.

        A partition that must not go on is `stopped` afterwards; OtherSeriesError concerns the whole worker.
        """
        started = time.monotonic()
        self._producer = producer(
            self._settings,
            transactional_id=f"{self._series.topic}-{self.partition}",
            transaction_timeout_ms=TRANSACTION_MS,
            compression_type="zstd",
            linger_ms=0,
            message_max_bytes=MAX_MESSAGE_BYTES,
        )
        self._producer.init_transactions(COMMIT_SECONDS)
        self._load()
        self._memory.check(self._series, self._state.position is not None)
        self._check()
        self._metrics.state_rows.labels(str(self.partition)).set(self._state.rows())
        _log.info(
            "partition owned",
            extra={
                "fields": {
                    "partition": self.partition,
                    "generation": self.generation,
                    "position": self.position,
                    "state_rows": self._state.rows(),
                    "seconds": round(time.monotonic() - started, 3),
                }
            },
        )

    def _load(self) -> None:
        for key, value in read_all(self._settings, self._settings.name(self._domain.state), self.partition):
            self._state.load(key, value)
        for key, value in read_all(self._settings, self._settings.name(self._domain.latest), self.partition):
            self._latest.put(key, None if value is None else decode(self._domain.latest, value))

    def _check(self) -> None:
        """Hold the position to the topic as it is now; the partition is stopped where it must not go on."""
        low, high = watermarks(self._settings, self._series.topic, self.partition)
        try:
            self._state.position = check(self._state.position, self._series, self.partition, low, high)
        except PartitionStoppedError as error:
            self._stop(error)

    def _stop(self, error: PartitionStoppedError) -> None:
        self.stopped = error
        _log.error("partition stopped", extra={"fields": {"what": error.what, "where": error.where, "do": error.do}})

    def take(self, records: Sequence[RawRecord]) -> None:
        """Take records in the order of their offsets, in as many transactions as their size asks for. Blocks.

        Raises TakeFailedError where a transaction did not commit; ends the process where a record is missing.
        """
        with self._lock:
            if self.stopped is not None:
                return  # fetched before the partition stopped; read again when it goes on
            following, above = self._following(records)
            for slice_ in _slices(following):
                if self.stopped is not None:
                    return
                self._transaction(slice_)
            if above is not None and self.stopped is None:
                self._missing(above - 1)

    def _following(self, records: Sequence[RawRecord]) -> tuple[list[RawRecord], int | None]:
        """Pass over what is below the position; gives what follows on it, and the first offset that does not."""
        next_offset = self.position
        following: list[RawRecord] = []
        for record in records:
            if record.offset > next_offset:
                return following, record.offset
            if record.offset < next_offset:
                self._metrics.passed_over.labels("streams").inc()
            else:
                following.append(record)
                next_offset += 1
        return following, None

    def _missing(self, last: int) -> None:
        """End the process where Faust skipped records; stop the partition where the topic has none at these offsets."""
        topic, partition, first = self._series.topic, self.partition, self.position
        if first_offset(self._settings, topic, partition, first) == first:
            die("raw records are missing", topic=topic, partition=partition, first_missing=first, last_missing=last)
        self._stop(
            PartitionStoppedError(
                f"there are no records at offsets {first} to {last}: somebody writes to the raw topic in transactions",
                where=f"{topic}, partition {partition}",
                do=f"end that, then `headcount ledger accept {topic} {partition}` goes on behind them",
            )
        )

    def _transaction(self, records: Sequence[RawRecord]) -> None:
        assert self._producer is not None
        assert self._state.position is not None
        started = time.monotonic()
        form = self._form.copy()
        take = self._taker.decide(records, Draft(self._state, self._state.position), form)
        try:
            self._write(self._producer, take)
        except (KafkaException, BufferError) as error:
            raise TakeFailedError(str(error)) from error
        take.draft.apply()
        for key, row in take.latest.items():
            self._latest.put(key, row)
        self._form = form
        self.committed_at = time.monotonic()
        if take.draft.position.paused:
            self._check()
        self._count(take, len(records), self.committed_at - started)

    def _write(self, client: Producer, take: Take) -> None:
        failed: list[Any] = []
        client.begin_transaction()
        for out in take.out:
            client.produce(
                self._settings.name(out.topic),
                value=out.value,
                key=out.key,
                partition=self.partition,
                on_delivery=lambda error, _: failed.append(error) if error is not None else None,
            )
            client.poll(0)
        client.commit_transaction(COMMIT_SECONDS)
        if failed:
            raise KafkaException(failed[0])

    def changed_elsewhere(self) -> bool:
        """Say whether a command (`ledger accept`, `streams resume`) has written another position for this partition."""
        return stored_position(self._settings, self._domain.state, self.partition) != self._state.position

    def _count(self, take: Take, records: int, seconds: float) -> None:
        metrics, tally = self._metrics, take.tally
        metrics.records.labels("streams", "in").inc(records)
        metrics.records.labels("streams", "out").inc(len(take.out))
        metrics.events.labels("streams", "in").inc(tally.events)
        metrics.events.labels("streams", "out").inc(tally.accepted)
        metrics.duplicates.labels("batch").inc(tally.duplicate_batch)
        metrics.duplicates.labels("event").inc(tally.duplicate_event)
        for reason, count in tally.refused.items():
            metrics.refused.labels(reason).inc(count)
        for (collector, status), count in tally.collectors.items():
            metrics.collector_results.labels(collector, status).inc(count)
        for collector, durations in tally.durations_ms.items():
            metrics.collector_seconds.observe_ms(collector, durations)
        metrics.take_seconds.labels("streams").observe(seconds)
        metrics.state_rows.labels(str(self.partition)).set(self._state.rows())


def _slices(records: Sequence[RawRecord]) -> list[list[RawRecord]]:
    """Cut records into runs of at most `TAKE_BYTES`."""
    slices: list[list[RawRecord]] = []
    size = 0
    for record in records:
        if not slices or size + len(record.value) > TAKE_BYTES:
            slices.append([])
            size = 0
        slices[-1].append(record)
        size += len(record.value)
    return slices
