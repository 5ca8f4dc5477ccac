"""Reading and writing our topics in tests."""

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from headcount.kafka import Message, TopicPartition, consumer
from headcount.settings import KafkaSettings
from schemas.codec import decode
from schemas.topics import PARTITIONS, Topic

Record = dict[str, Any]
T = TypeVar("T")


def messages(settings: KafkaSettings, topic: Topic) -> Iterator[Message]:
    """Every committed record that the topic holds now, partition by partition."""
    name = settings.name(topic)
    client = consumer(
        settings,
        group_id="tests",
        isolation_level="read_committed",
        enable_partition_eof=True,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        client.assign([TopicPartition(name, partition, 0) for partition in range(PARTITIONS)])
        ended: set[int] = set()
        while len(ended) < PARTITIONS:
            for message in client.consume(1000, 0.05):
                if message.error() is not None:
                    ended.add(message.partition())
                else:
                    yield message
    finally:
        client.close()


def records(settings: KafkaSettings, topic: Topic) -> list[tuple[Message, Record]]:
    """The same, decoded."""
    return [(message, decode(topic, message.value())) for message in messages(settings, topic)]


def eventually(look: Callable[[], T], *, is_right: Callable[[T], bool], seconds: float = 30.0) -> T:
    """Look until it is right; after `seconds` the last thing seen is given for the assertion to fail on."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if is_right(seen) or time.monotonic() > deadline:
            return seen
        time.sleep(0.05)  # between two looks at a condition
