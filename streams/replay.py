"""`headcount replay`: puts refused events back on the raw topic once the cause is fixed, from the raw topic's own bytes.

A dead letter holds no raw bytes, so this works while the raw topic has the record. Each letter is put back once and marked;
if the mark was not written, it is put back again and its event counts as a duplicate.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from headcount.errors import UnavailableError
from headcount.kafka import Consumer, KafkaError, Message, Producer, TopicPartition, consumer, producer
from headcount.settings import KafkaSettings
from schemas.batches import Head, encode_batch, encode_event, headers
from schemas.codec import decode, encode
from schemas.errors import RefusedError
from streams.domain import Domain
from streams.runtime.compacted import read_all

Record = dict[str, Any]

_SECONDS: Final = 30.0
_FIRST: Final = "first_received_at"
"""Header of a record that was put back: its event's first receipt, microseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Dead letters that were put back, had been before, and whose raw record is gone; and until when the next one is there.

    `until` is in microseconds since 1970 UTC; null where nothing is left to replay.
    """

    replayed: int
    again: int
    expired: int
    until: int | None


@dataclass(slots=True)
class _Line:
    """Our numbers on one partition: this run is a producer of its own."""

    producer_id: str = field(default_factory=lambda: os.urandom(16).hex())
    seq: int = 0
    handed_over: int = 0


def replay(settings: KafkaSettings, domain: Domain, *, reason: str | None) -> Replayed:
    """Put back all dead letters (of one reason). Raises UnavailableError where Kafka does not take them."""
    retention = int(domain.raw.settings["retention.ms"]) * 1000
    replayed = again = expired = 0
    until: int | None = None
    client = producer(settings, enable_idempotence=True, acks="all")
    # Each letter asks for another place, behind the fetch of the former one: by default that waits half a second.
    reader = consumer(settings, group_id="headcount-replay", enable_auto_commit=False, fetch_wait_max_ms=10)
    try:
        for partition in range(domain.dead.partitions):
            line = _Line()
            for letter in _letters(settings, domain, partition, reason):
                if letter["replayed_at"] is not None:
                    again += 1
                    continue
                raw = _raw(reader, letter["position"], letter["received_at"])
                too_old = raw is not None and time.time() * 1_000_000 - _first_received(letter, raw) > retention
                if raw is None or too_old or not _put_back(client, settings, domain, letter, raw, line):
                    expired += 1
                    continue
                replayed += 1
                until = min(until or 2**62, letter["received_at"] + retention)
    finally:
        reader.close()
    return Replayed(replayed, again, expired, until)


def _letters(settings: KafkaSettings, domain: Domain, partition: int, reason: str | None) -> Iterator[Record]:
    newest: dict[bytes, Record] = {}
    for key, value in read_all(settings, settings.name(domain.dead), partition):
        if value is not None:
            newest[key] = decode(domain.dead, value)
    for letter in newest.values():
        if reason is None or letter["reason"] == reason:
            yield letter


def _raw(reader: Consumer, position: str, received_at: int) -> Message | None:
    """Read the raw record at a position; null where retention has taken it, or where it is another topic's by now."""
    topic, partition, offset, _ = position.rsplit(":", 3)
    where = TopicPartition(topic, int(partition), int(offset))
    low, high = reader.get_watermark_offsets(where, timeout=_SECONDS)
    if not low <= where.offset < high:
        return None
    reader.assign([where])
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        message = reader.poll(1.0)
        if message is not None and message.error() is None:
            same = message.offset() == where.offset and message.timestamp()[1] == received_at // 1000
            return message if same else None
    raise UnavailableError("the raw record does not come", where=position, do="see that Kafka is well, then try again")


def _first_received(letter: Record, raw: Message) -> int:
    """Give when the event was received at first, microseconds: putting it back must not make it live for ever."""
    given = dict(raw.headers() or []).get(_FIRST)
    return int(given) if isinstance(given, bytes) and given.isdigit() else int(letter["received_at"])


def _put_back(
    client: Producer, settings: KafkaSettings, domain: Domain, letter: Record, raw: Message, line: _Line
) -> bool:
    """Write one letter's event (or whole record) to the raw topic, then the mark. False where it is no longer readable."""
    _, partition, _, index = letter["position"].rsplit(":", 3)
    count = letter["events"]
    head = Head(line.producer_id, line.seq, count, line.handed_over + count, 0)
    value = raw.value() or b""
    if index:
        try:
            event = decode(domain.raw, value)["events"][int(index)]
        except (RefusedError, IndexError):
            return False
        value = encode_batch(domain.raw, head, [encode_event(domain.raw, event)])
    first = [(_FIRST, str(_first_received(letter, raw)).encode())]
    _deliver(client, settings.name(domain.raw), int(partition), None, value, headers(head) + first)
    line.seq += 1
    line.handed_over += count
    mark = letter | {"replayed_at": int(time.time() * 1_000_000)}
    _deliver(
        client, settings.name(domain.dead), int(partition), mark["position"].encode(), encode(domain.dead, mark), []
    )
    return True


def _deliver(client: Producer, topic: str, partition: int, key: bytes | None, value: bytes, head: Any) -> None:
    failed: list[KafkaError] = []
    client.produce(
        topic,
        key=key,
        value=value,
        partition=partition,
        headers=head,
        on_delivery=lambda error, _: failed.append(error) if error is not None else None,
    )
    if client.flush(_SECONDS) or failed:
        raise UnavailableError(
            "Kafka did not take the record",
            where=f"{topic}, partition {partition}",
            do="see that Kafka is well, then replay again: what was put back counts once",
        )
