"""A broker of the benchmark's own, and topics filled before anything is measured."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.cores import OTHERS, core
from headcount.kafka import producer
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.batches import Head, encode_batch, headers
from schemas.topics import BUILDS, CLEAN_BUILDS, PARTITIONS, RAW_BUILDS
from tests.kafka_topics import messages
from tests.stack import Stack, start_stack, stop_stack

PRODUCER = "b" * 32


@contextmanager
def stack() -> Iterator[tuple[Stack, Path]]:
    """Both servers on the core of the others, and a folder for logs and state."""
    with tempfile.TemporaryDirectory(prefix="headcount-bench-") as name, core(OTHERS):
        started = start_stack(Path(name) / "state")
        try:
            yield started, Path(name)
        finally:
            stop_stack(started)


def fresh_topics(stack: Stack) -> KafkaSettings:
    """Our topics under a prefix of their own."""
    settings = stack.kafka_settings(stack.fresh_prefix())
    ensure(settings, tuple(BUILDS.values()))
    return settings


def batches(events: Sequence[bytes], size: int) -> list[tuple[Head, bytes]]:
    """Raw records of `size` events each, numbered per partition as a producer does; record n is for partition n mod 8."""
    made = []
    for number, first in enumerate(range(0, len(events), size)):
        part = events[first : first + size]
        seq = number // PARTITIONS
        head = Head(PRODUCER, seq, len(part), (seq + 1) * size, 0)
        made.append((head, encode_batch(RAW_BUILDS, head, part)))
    return made


def preload(settings: KafkaSettings, records: Sequence[tuple[Head, bytes]]) -> None:
    """Write the records, spread over all partitions."""
    client = producer(settings, linger_ms=20, compression_type="zstd", queue_buffering_max_messages=1_000_000)
    for number, (head, value) in enumerate(records):
        client.produce(settings.name(RAW_BUILDS), value=value, partition=number % PARTITIONS, headers=headers(head))
        client.poll(0)
    assert client.flush(120) == 0


def clean_stamps(settings: KafkaSettings) -> list[int]:
    """When each clean record was handed to Kafka, milliseconds, in order."""
    return sorted(message.timestamp()[1] for message in messages(settings, CLEAN_BUILDS))
