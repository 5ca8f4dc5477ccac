"""Streams workers on a real broker, with topics of the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headcount.kafka import producer
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.batches import Head, encode_batch, encode_event, headers
from schemas.topics import BUILDS, CLEAN_BUILDS, PARTITIONS, RAW_BUILDS
from tests.build_events import event
from tests.kafka_topics import eventually, records
from tests.processes import environment

PRODUCER = "d" * 32


class Raw:
    """Writes batches to every raw partition, and reads what came of them."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self._client = producer(settings, enable_idempotence=True)
        self._number = 0
        self._seq = 0

    def send(self, rounds: int, *, value: bytes | None = None, producer_id: str = PRODUCER) -> int:
        """Send `rounds` batches of two events to each partition (or `value` instead); gives how many records."""
        for _ in range(rounds):
            for partition in range(PARTITIONS):
                events = [encode_event(RAW_BUILDS, event(self._number + index)) for index in range(2)]
                self._number += 2
                head = Head(producer_id, self._seq, 2, 2 * (self._seq + 1), 0)
                body = encode_batch(RAW_BUILDS, head, events) if value is None else value
                self._client.produce(
                    self.settings.name(RAW_BUILDS), value=body, partition=partition, headers=headers(head)
                )
            self._seq += 1
        self._client.flush(30)
        return rounds * PARTITIONS

    def clean_offsets(self) -> dict[int, list[int]]:
        """The raw offsets that have a clean record, in the order of the clean topic, by partition."""
        found: dict[int, list[int]] = {partition: [] for partition in range(PARTITIONS)}
        for message, record in records(self.settings, CLEAN_BUILDS):
            found[message.partition() or 0].append(record["raw_offset"])
        return found

    def wait_for(self, count: int, *, seconds: float = 60.0) -> dict[int, list[int]]:
        """Wait until there are `count` clean records; gives them."""
        return eventually(
            self.clean_offsets, is_right=lambda found: sum(map(len, found.values())) >= count, seconds=seconds
        )


def once_each(count_a_partition: int) -> dict[int, list[int]]:
    return {partition: list(range(count_a_partition)) for partition in range(PARTITIONS)}


@pytest.fixture
def raw(kafka: KafkaSettings) -> Raw:
    ensure(kafka, tuple(BUILDS.values()))
    return Raw(kafka)


@pytest.fixture
def environ(raw: Raw, tmp_path: Path) -> dict[str, str]:
    return environment(raw.settings, tmp_path / "state")


@pytest.fixture
def log(tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: tmp_path / f"{name}.log"
