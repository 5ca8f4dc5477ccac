"""The one place of the sink that reads Kafka: a consumer group for sharing partitions, positions of our own.

Partitions come paused: nobody reads one before its position is known (`start`). The group's offsets are not used.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from headcount.kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition, consumer
from headcount.settings import KafkaSettings

_MESSAGES: Final = 1000
"""Of one call of `consume`; librdkafka's own queue bounds the bytes."""

_QUEUE_KIB: Final = 64 * 1024
_METADATA_SECONDS: Final = 10.0
_QUIET_SECONDS: Final = 15.0
"""So long after the last failure Kafka counts as back."""

log = logging.getLogger("headcount.sink")


class Fetched(NamedTuple):
    """A clean record as it came."""

    partition: int
    offset: int
    value: bytes


class Reader:
    """Reads one clean topic. All calls come from one thread."""

    def __init__(self, settings: KafkaSettings, topic: str, *, group: str, clock: Callable[[], float] = time.monotonic):
        self._topic = topic
        self._clock = clock
        self._failed_at: float | None = None
        self._failure = ""
        self._new: set[int] = set()
        self.assigned: set[int] = set()
        self.at_end: set[int] = set()
        """Partitions of which all records have been given."""
        self._consumer: Consumer = consumer(
            settings,
            group_id=group,
            enable_auto_commit=False,
            enable_auto_offset_store=False,
            isolation_level="read_committed",
            # Below the oldest record there is: the raw offsets of what comes next show whether that is a loss.
            auto_offset_reset="earliest",
            partition_assignment_strategy="cooperative-sticky",
            session_timeout_ms=6_000,
            heartbeat_interval_ms=2_000,
            # Without these two a third of the time goes into waiting for the next fetch.
            fetch_queue_backoff_ms=5,
            queued_min_messages=100_000,
            queued_max_messages_kbytes=_QUEUE_KIB,
            # The broker answers a connection in order: a question about offsets waits behind an idle fetch for so long.
            fetch_wait_max_ms=100,
            # Behind the last record stand markers of transactions, so offsets do not tell whether all was read.
            enable_partition_eof=True,
            error_cb=self._on_error,
        )
        self._consumer.subscribe([topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke)

    def _on_assign(self, client: Any, partitions: list[TopicPartition]) -> None:
        for partition in partitions:
            partition.offset = OFFSET_BEGINNING
        client.incremental_assign(partitions)
        client.pause(partitions)
        self.assigned |= {partition.partition for partition in partitions}
        self._new |= {partition.partition for partition in partitions}

    def _on_revoke(self, client: Any, partitions: list[TopicPartition]) -> None:
        client.incremental_unassign(partitions)
        self.assigned -= {partition.partition for partition in partitions}
        self._new -= {partition.partition for partition in partitions}
        self.at_end &= self.assigned

    def _on_error(self, error: KafkaError) -> None:
        if self._failed_at is None:
            log.warning("Kafka does not answer; waiting", extra={"fields": {"error": error.str()}})
        self._failed_at, self._failure = self._clock(), error.str()

    def poll(self, seconds: float) -> list[Fetched]:
        """Give what has come, and let the group know that we live."""
        good = []
        for message in self._consumer.consume(_MESSAGES, timeout=seconds):
            partition, error = message.partition() or 0, message.error()
            if error is None:
                self.at_end.discard(partition)
                good.append(Fetched(partition, message.offset() or 0, message.value() or b""))
            elif error.code() == KafkaError._PARTITION_EOF:
                self.at_end.add(partition)
                self._failed_at = None
            else:
                self._on_error(error)
        if good or (self._failed_at is not None and self._clock() - self._failed_at > _QUIET_SECONDS):
            self._failed_at = None
        return good

    def take_new(self) -> set[int]:
        """Give the partitions that were assigned since the last call."""
        new, self._new = self._new, set()
        return new

    def start(self, partition: int, offset: int) -> None:
        """Read a partition from an offset on; what was fetched of it before is dropped."""
        place = TopicPartition(self._topic, partition, offset)
        self.at_end.discard(partition)
        self._consumer.pause([place])
        self._consumer.seek(place)
        self._consumer.resume([place])

    def pause(self, partition: int) -> None:
        """Read no more of a partition; it stays ours."""
        self._consumer.pause([TopicPartition(self._topic, partition)])

    def end_offset(self, partition: int, *, cached: bool = False) -> int | None:
        """Give the offset behind the topic's last record; null where Kafka does not answer."""
        try:
            answer = self._consumer.get_watermark_offsets(
                TopicPartition(self._topic, partition), timeout=_METADATA_SECONDS, cached=cached
            )
        except KafkaException as error:
            self._on_error(error.args[0])
            return None
        return None if answer is None or answer[1] < 0 else int(answer[1])

    @property
    def failure(self) -> str | None:
        """Say what is wrong with Kafka; null: it answers."""
        return None if self._failed_at is None else self._failure

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close()
