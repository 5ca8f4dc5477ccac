"""A batch: events of one partition with the number and the totals that let streams account for them."""

import json
import time
from dataclasses import asdict, dataclass, replace
from typing import Final

from schemas.batches import encode_batch, headers
from schemas.topics import Topic

_SEPARATOR: Final = b"\n"


@dataclass(frozen=True, slots=True)
class Batch:
    """One raw record to be: `topic` is its name on the cluster, `value` its bytes, `created_at` seconds since 1970."""

    topic: str
    partition: int
    producer_id: str
    seq: int
    count: int
    handed_over: int
    dropped: int
    created_at: float
    value: bytes

    @property
    def line(self) -> tuple[str, int, str]:
        """What it is numbered in: topic, partition, producer."""
        return (self.topic, self.partition, self.producer_id)

    def headers(self, more_dropped: int = 0) -> list[tuple[str, str | bytes | None]]:
        """Give the Kafka headers; they win over the body, so that later losses can still be told."""
        return headers(
            producer_id=self.producer_id,
            seq=self.seq,
            count=self.count,
            handed_over=self.handed_over,
            dropped=self.dropped + more_dropped,
        )

    def empty_successor(self, topic: Topic) -> "Batch":
        """Give a batch without events that follows this one, to report losses where no other batch can."""
        value = encode_batch(
            topic,
            producer_id=self.producer_id,
            seq=self.seq + 1,
            handed_over=self.handed_over,
            dropped=self.dropped,
            events=[],
        )
        return replace(self, seq=self.seq + 1, count=0, created_at=time.time(), value=value)

    def to_bytes(self) -> bytes:
        """Give the content of a spool file: a line of JSON, then the value."""
        head = asdict(replace(self, value=b""))
        del head["value"]
        return json.dumps(head).encode() + _SEPARATOR + self.value

    @classmethod
    def from_bytes(cls, content: bytes) -> "Batch":
        """Read a spool file. Raises ValueError, TypeError or KeyError where it is none."""
        head, separator, value = content.partition(_SEPARATOR)
        if not separator:
            raise ValueError("no head")
        return cls(**json.loads(head), value=value)
