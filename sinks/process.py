"""The sink's loop: poll, claim what is new, add up, apply; stop a partition that has a hole, wait for a lost Postgres.

Whatever is unclear (a lost connection, a commit without an answer, another owner) makes a partition unclaimed again: its
position is read anew and its records with it, and those that had been applied add nothing.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from headcount.errors import UnavailableError
from headcount.metrics import Metrics
from headcount.postgres import AgainError, LostError
from schemas.codec import decode
from schemas.errors import RefusedError
from schemas.topics import Topic
from sinks.batch import Batch
from sinks.builds.health import count_health
from sinks.errors import FencedError, MovedError
from sinks.partitions import Partitions
from sinks.position import Cause, Position, Stop, Verdict, judge
from sinks.reader import Fetched, Reader
from sinks.stops import open_stops, record_stop
from sinks.writer import Writer

POLL_SECONDS: Final = 0.1
MOST_BYTES: Final = 8 * 1024 * 1024
"""Of clean records in one transaction: decoded, they take fifteen times that."""

MOST_EVENTS: Final = 20_000
RECONNECT_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 1.0
"""How often stopped partitions look whether a person has let them go on."""

GIVEN_UP_SECONDS: Final = 3.0
"""After another owner was met: the group tells us within this whether the partition is still ours."""

MOST_REPEATS: Final = 20
LATE_SECONDS: Final = 120.0
STEP_SECONDS: Final = 120.0

log = logging.getLogger("headcount.sink")


class Sink:
    """One clean topic into one database.

    `series_now` asks Kafka for the series that the raw topic has now; null: no answer.
    """

    def __init__(
        self,
        *,
        reader: Reader,
        open_writer: Callable[[], Writer],
        topic: Topic,
        raw_topic: str,
        series_now: Callable[[], str | None],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._open_writer = open_writer
        self._topic = topic
        self._raw_topic = raw_topic
        self._series_now = series_now
        self._metrics = metrics
        self._clock = clock
        self._now = now
        self._writer: Writer | None = None
        self._lost: str | None = None
        self._try_again_at = 0.0
        self._look_at = 0.0
        self._stepped_at = clock()
        self._late_seconds = 0.0
        self.partitions = Partitions(reader, clock)

    def run(self, stopping: Callable[[], bool]) -> None:
        """Work until told to stop; what is in hand is applied first."""
        while not stopping():
            self.step()
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def step(self) -> None:
        """Do one round."""
        messages = self._reader.poll(POLL_SECONDS)
        self._stepped_at = self._clock()
        self.partitions.follow_group()
        if self._clock() < self._try_again_at:
            return
        try:
            writer = self._connected()
            self._look_for_accepted(writer)
            self._claim(writer)
            self._take(writer, messages)
        except (LostError, UnavailableError) as error:
            self._wait(error)
        self._measure()

    # What is wrong, for /healthz and /readyz: asked from another thread, so only read.

    def dead(self) -> str | None:
        """Say why this process should be restarted; null: it works."""
        seconds = self._clock() - self._stepped_at
        return None if seconds < STEP_SECONDS else f"no step for {seconds:.0f} s"

    def unready(self) -> str | None:
        """Say what keeps records from their rows; null: nothing does."""
        if self._lost is not None:
            return f"Postgres is away: {self._lost}"
        stopped = list(self.partitions.stopped.values())
        if stopped:
            return "; ".join(f"partition {stop.partition}: {stop.what}; {stop.way_on}" for stop in stopped)
        if self._reader.failure is not None:
            return f"Kafka is away: {self._reader.failure}"
        if self._late_seconds > LATE_SECONDS:
            return f"the oldest record was received {self._late_seconds:.0f} s ago"
        return None

    def _connected(self) -> Writer:
        if self._writer is None:
            self._writer = self._open_writer()
            if self._lost is not None:
                self._lost = None
                log.info("Postgres is back")
        return self._writer

    def _wait(self, error: Exception) -> None:
        if self._lost is None:
            log.warning(
                "Postgres is away; waiting, and going on when it is back", extra={"fields": {"error": str(error)}}
            )
        self._lost = str(error)
        self._try_again_at = self._clock() + RECONNECT_SECONDS
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        # Whether the last commit happened is not known: the positions say it.
        self.partitions.unclaim_running()

    def _look_for_accepted(self, writer: Writer) -> None:
        stopped = self.partitions.stopped
        if not stopped or self._clock() < self._look_at:
            return
        self._look_at = self._clock() + LOOK_SECONDS
        waiting = {stop.partition for stop in open_stops(writer.connection, self._raw_topic)}
        for partition in stopped.keys() - waiting:
            log.info("a person lets the partition go on", extra={"fields": {"partition": partition}})
            self.partitions.unclaim(partition)

    def _claim(self, writer: Writer) -> None:
        due = self.partitions.due()
        if not due:
            return
        waiting = {stop.partition: stop for stop in open_stops(writer.connection, self._raw_topic)}
        # All questions first: once one partition is being fetched, each answer waits behind a fetch.
        ends = {partition: self._reader.end_offset(partition) for partition in due}
        series_now = self._series_now()
        for partition, end in ends.items():
            if end is None:
                continue
            try:
                position = writer.claim(self._raw_topic, partition)
            except AgainError:
                continue
            if partition in waiting and waiting[partition].cause is not Cause.UNREADABLE:
                self.partitions.stop(waiting[partition])
            else:
                self._start(writer, position, end, series_now)

    def _start(self, writer: Writer, position: Position, end: int, series_now: str | None) -> None:
        # Asked only when no record is left to say it.
        if position.next_clean_offset >= end and series_now and position.series not in (None, series_now):
            cluster_id, _, topic_id = series_now.partition("/")
            self._stop(
                writer,
                Stop(
                    self._raw_topic,
                    position.partition,
                    Cause.OTHER_SERIES,
                    position.next_raw_offset,
                    cluster_id=cluster_id,
                    topic_id=topic_id,
                ),
            )
            return
        # Past the end with the same raw topic: only the clean topic is new. The raw offsets will show a loss.
        is_past_end = position.next_clean_offset > end
        self.partitions.run(position, clean_offset=0 if is_past_end else position.next_clean_offset)

    def _take(self, writer: Writer, messages: Sequence[Fetched]) -> None:
        batch, size = self._new_batch(), 0
        halted: dict[int, Stop] = {}
        oldest = None
        for message in messages:
            partition = message.partition
            if partition not in batch.before or partition in halted:
                continue
            stop = self._add(batch, message)
            if stop is not None:
                halted[partition] = stop
                continue
            self.partitions.clear_suspicion(partition)
            size += len(message.value)
            if size > MOST_BYTES or len(batch.events) > MOST_EVENTS:
                oldest = oldest or batch.oldest
                self._apply(writer, batch)
                batch, size = self._new_batch(), 0
        oldest = oldest or batch.oldest
        self._apply(writer, batch)
        if self.partitions.running.keys() <= self._reader.at_end:
            self._late_seconds = 0.0
        elif oldest is not None:
            self._late_seconds = self._now() - oldest / 1e6
        for partition, stop in halted.items():
            if partition in self.partitions.running and self.partitions.is_confirmed(stop):
                self._stop(writer, stop)

    def _new_batch(self) -> Batch:
        return Batch(self._raw_topic, dict(self.partitions.running))

    def _add(self, batch: Batch, message: Fetched) -> Stop | None:
        partition, offset = message.partition, message.offset
        position = batch.position(partition)
        try:
            record = decode(self._topic, message.value)
        except RefusedError:
            return Stop(
                self._raw_topic, partition, Cause.UNREADABLE, position.next_raw_offset, found_clean_offset=offset
            )
        match judge(position, record):
            case Verdict.APPLY:
                batch.add(partition, offset, record)
                return None
            case Verdict.PASS_OVER:
                batch.pass_over(partition, offset, record)
                self._metrics.passed_over.labels("sink").inc()
                return None
            case verdict:
                return Stop(
                    self._raw_topic,
                    partition,
                    Cause(verdict.value),
                    position.next_raw_offset,
                    record["raw_offset"],
                    offset,
                    record["cluster_id"],
                    record["topic_id"],
                )

    def _stop(self, writer: Writer, stop: Stop) -> None:
        record_stop(writer.connection, stop)
        self.partitions.stop(stop)

    def _apply(self, writer: Writer, batch: Batch) -> None:
        if not batch.after:
            return
        for repeats in range(MOST_REPEATS):
            try:
                applied = writer.apply(batch)
            except AgainError as error:
                self._metrics.retries.labels("sink").inc()
                if repeats == MOST_REPEATS - 1:
                    raise LostError(str(error)) from error
                time.sleep(min(0.02 * 2**repeats, 1.0))
            except FencedError as error:
                log.warning(
                    "another process owns partitions of ours",
                    extra={"fields": {"partitions": sorted(error.partitions)}},
                )
                self._read_again(batch, fenced=error.partitions)
                return
            except MovedError:
                for partition in batch.after:
                    self.partitions.unclaim(partition)
                return
            else:
                break
        self.partitions.running |= batch.after
        self._count(batch, applied.added, applied.poison)

    def _read_again(self, batch: Batch, *, fenced: frozenset[int]) -> None:
        for partition in batch.after:
            if partition in fenced:
                self.partitions.unclaim(partition, after_seconds=GIVEN_UP_SECONDS)
            else:
                self.partitions.read_again(partition)

    def _count(self, batch: Batch, added: int, poison: int) -> None:
        now = self._now()
        self._metrics.records.labels("sink", "in").inc(batch.records)
        self._metrics.events.labels("sink", "in").inc(len(batch.events))
        self._metrics.events.labels("sink", "out").inc(added)
        self._metrics.rows.labels("builds").inc(added)
        self._metrics.poison.inc(poison)
        count_health(self._metrics, batch.health)
        for event in batch.events:
            self._metrics.event_to_row_seconds.observe(max(0.0, now - event.received_at / 1e6))

    def _measure(self) -> None:
        for cause in Cause:
            stopped = sum(stop.cause is cause for stop in self.partitions.stopped.values())
            self._metrics.stopped.labels("sink", cause.value).set(stopped)
        for partition, position in self.partitions.running.items():
            at_end = partition in self._reader.at_end
            end = position.next_clean_offset if at_end else self._reader.end_offset(partition, cached=True)
            if end is not None:
                self._metrics.lag.labels(self._topic.name, str(partition)).set(max(0, end - position.next_clean_offset))
