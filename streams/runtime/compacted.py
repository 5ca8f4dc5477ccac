"""Reads partitions outside of Faust: a compacted topic whole, and where the next record of a raw one stands."""

import time
from collections.abc import Iterator

from headcount.kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition, consumer
from headcount.settings import KafkaSettings

_AT_ONCE = 5_000
_WAIT_SECONDS = 0.05
"""`consume` waits this long for a full batch, also when the end is there already."""

_SILENCE_SECONDS = 30.0


def read_all(settings: KafkaSettings, topic: str, partition: int) -> Iterator[tuple[bytes, bytes | None]]:
    """Give (key, value) in the order of the topic; a null value is a tombstone. Raises KafkaException."""
    client = consumer(
        settings,
        group_id="headcount-loader",
        isolation_level="read_committed",
        enable_partition_eof=True,
        enable_auto_commit=False,
        auto_offset_reset="error",
        fetch_queue_backoff_ms=5,
        fetch_wait_max_ms=10,  # the end of an empty partition shows with the first answer
        queued_min_messages=100_000,
    )
    try:
        # Without metadata at hand, the first fetch waits half a second for it.
        client.list_topics(topic, timeout=_SILENCE_SECONDS)
        client.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
        heard_at = time.monotonic()
        while True:
            messages = client.consume(_AT_ONCE, _WAIT_SECONDS)
            if messages:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > _SILENCE_SECONDS:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic}:{partition} does not come to its end"))
            for message in messages:
                error = message.error()
                if error is None:
                    yield message.key() or b"", message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    return
                else:
                    raise KafkaException(error)
    finally:
        client.close()


def first_offset(settings: KafkaSettings, topic: str, partition: int, offset: int) -> int:
    """Give the offset of the first record at or above `offset`; `offset` itself where none comes. Raises KafkaException."""
    client = consumer(
        settings,
        group_id="headcount-loader",
        enable_partition_eof=True,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_wait_max_ms=10,
    )
    try:
        client.list_topics(topic, timeout=_SILENCE_SECONDS)
        client.assign([TopicPartition(topic, partition, offset)])
        message = client.poll(_SILENCE_SECONDS)
        found = None if message is None or message.error() is not None else message.offset()
    finally:
        client.close()
    return offset if found is None else found


def watermarks(settings: KafkaSettings, topic: str, partition: int) -> tuple[int, int]:
    """Give the offsets of the oldest record and behind the newest. Raises KafkaException."""
    client = consumer(settings, group_id="headcount-loader", enable_auto_commit=False)
    try:
        low, high = client.get_watermark_offsets(TopicPartition(topic, partition), timeout=_SILENCE_SECONDS)
    finally:
        client.close()
    return low, high
