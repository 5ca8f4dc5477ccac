"""Records that wait for Kafka, as they are kept beside the position: the very bytes that are sent."""

import base64
from dataclasses import dataclass
from typing import Any

from producers.publisher.batch import Batch


@dataclass(frozen=True, slots=True)
class Record:
    """One record to be sent: `topic` is its name on the cluster, `events` what it counts for; a dead letter has a key."""

    topic: str
    partition: int
    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    events: int = 0

    @classmethod
    def of(cls, batch: Batch) -> "Record":
        """Make the record of a batch."""
        headers = tuple((name, value) for name, value in batch.headers() if isinstance(value, bytes))
        return cls(batch.topic, batch.partition, batch.value, headers=headers, events=batch.count)

    def to_row(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "value": base64.b64encode(self.value).decode(),
            "key": None if self.key is None else self.key.decode(),
            "headers": {name: value.decode() for name, value in self.headers},
            "events": self.events,
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Record":
        """Read what `to_row` gave."""
        return cls(
            row["topic"],
            row["partition"],
            base64.b64decode(row["value"]),
            None if row["key"] is None else row["key"].encode(),
            tuple((name, value.encode()) for name, value in row["headers"].items()),
            row["events"],
        )
