"""A batch: events of one partition with the number and the totals that let streams account for them."""

import json
import time
import zlib
from dataclasses import asdict, dataclass, replace
from typing import Final

from schemas.batches import Head, Headers, encode_batch, headers
from schemas.topics import Topic

_SEPARATOR: Final = b"\n"
_DEFLATED_BYTES: Final = 2048
"""From this size on: a busy gateway's events take a fifth of the disk, and an outage may last five times as long."""

_FAST: Final = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """One raw record to be: `topic` is its name on the cluster, `value` its bytes, `created_at` seconds since 1970."""

    topic: str
    partition: int
    head: Head
    created_at: float
    value: bytes

    @property
    def count(self) -> int:
        """Its events."""
        return self.head.count

    @property
    def line(self) -> tuple[str, int, str]:
        """What it is numbered in: topic, partition, producer."""
        return (self.topic, self.partition, self.head.producer_id)

    def headers(self, more_dropped: int = 0) -> Headers:
        """Give the Kafka headers; they win over the body, so that later losses can still be told."""
        return headers(replace(self.head, dropped=self.head.dropped + more_dropped))

    def empty_successor(self, topic: Topic) -> "Batch":
        """Give a batch without events that follows this one, to report losses where no other batch can."""
        head = replace(self.head, seq=self.head.seq + 1, count=0)
        return replace(self, head=head, created_at=time.time(), value=encode_batch(topic, head, []))

    def to_bytes(self) -> bytes:
        """Give the content of a spool file: a line of JSON, then the value, deflated where that is worth it."""
        row = {
            "topic": self.topic,
            "partition": self.partition,
            "created_at": self.created_at,
            "head": asdict(self.head),
        }
        value = self.value
        if len(value) >= _DEFLATED_BYTES:
            row["deflated"] = True
            value = zlib.compress(value, _FAST)
        return json.dumps(row).encode() + _SEPARATOR + value

    @classmethod
    def from_bytes(cls, content: bytes) -> "Batch":
        """Read a spool file. Raises ValueError, TypeError or KeyError where it is none."""
        first, separator, value = content.partition(_SEPARATOR)
        if not separator:
            raise ValueError("no head")
        row = json.loads(first)
        if row.get("deflated"):
            try:
                value = zlib.decompress(value)
            except zlib.error as error:
                raise ValueError("the value is cut or damaged") from error
        return cls(row["topic"], row["partition"], Head(**row["head"]), row["created_at"], value)
