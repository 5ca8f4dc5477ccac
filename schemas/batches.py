"""Raw records as batches: events are encoded one by one where they happen, and joined without decoding them again.

Avro writes an array as blocks of `count, items…` and a final 0, so encoded items can be put side by side.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import fastavro

from schemas.codec import encode
from schemas.encoder import encode_long
from schemas.registry import newest
from schemas.topics import Topic

MAX_EVENTS: Final = 500
MAX_RECORD_BYTES: Final = 256 * 1024
MAX_EVENT_BYTES: Final = 200 * 1024
"""Limits of a raw record and of one encoded event; what is larger is refused."""

_END: Final = b"\x00"


@cache
def _item_schema(topic: Topic) -> Any:
    batch: Any = fastavro.parse_schema(newest(topic.subject).schema)
    return fastavro.parse_schema(batch["fields"][-1]["type"]["items"])


def encode_event(topic: Topic, event: Mapping[str, Any]) -> bytes:
    """Encode one event of a raw topic, without any header. Raises fastavro's errors where it does not fit the schema."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, _item_schema(topic), event)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Head:
    """What a producer says of one batch: its number in its partition, its events, and the running totals with it."""

    producer_id: str
    seq: int
    count: int
    handed_over: int
    dropped: int


def encode_batch(topic: Topic, head: Head, events: Sequence[bytes]) -> bytes:
    """Make a raw record's value of events that `encode_event` gave, or of groups that `encode_group` gave."""
    totals = {"seq": head.seq, "handed_over": head.handed_over, "dropped": head.dropped}
    empty = encode(topic, {"producer_id": head.producer_id, **totals, _items_of(topic): []})
    if not events:
        return empty
    return empty.removesuffix(_END) + encode_long(len(events)) + b"".join(events) + _END


@cache
def _items_of(topic: Topic) -> str:
    """Name the field that holds a raw record's events: `events`, or `sources` where they are grouped."""
    name: str = newest(topic.subject).schema["fields"][-1]["name"]
    return name


def encode_group(beginning: bytes, events: Sequence[bytes]) -> bytes:
    """Make one group: its encoded fields that come before the list of its events, then that list."""
    return beginning + encode_long(len(events)) + b"".join(events) + _END


Headers = list[tuple[str, str | bytes | None]]


def headers(head: Head) -> Headers:
    """Give a raw record's Kafka headers: the head of the batch, so that a body that does not decode has an account."""
    return [(name, str(value).encode()) for name, value in asdict(head).items()]
