"""A raw partition in memory, and what its takes wrote."""

from typing import Any

from schemas.batches import Head, encode_batch, encode_event, headers
from schemas.codec import decode
from schemas.topics import CLEAN_BUILDS, DEAD_BUILDS, LATEST_BUILDS, RAW_BUILDS
from streams.domain import Domain
from streams.form import FormWatch
from streams.latest_rows import LatestRows
from streams.state import Draft, Position, State
from streams.take import RawRecord, Take, Taker

Record = dict[str, Any]
PRODUCER = "b" * 32
NOW = 1_790_000_000_000_000


class Partition:
    """A raw partition in memory: what `Owned` does with Kafka, without it."""

    def __init__(self, domain: Domain) -> None:
        self.state = State(position=Position(0, "cluster", "topic"))
        self.latest = LatestRows({}, domain.retirement.group_of)
        self.taker = Taker(domain, raw_name=RAW_BUILDS.name, partition=3, latest=self.latest)
        self.form = FormWatch()

    def decide(self, *records: RawRecord) -> Take:
        assert self.state.position is not None
        return self.taker.decide(records, Draft(self.state, self.state.position), self.form)

    def commit(self, take: Take) -> Take:
        take.draft.apply()
        for key, row in take.latest.items():
            self.latest.put(key, row)
        return take


def record(
    offset: int, events: list[Record], *, seq: int | None = None, total: int | None = None, at: int = NOW
) -> RawRecord:
    seq = offset if seq is None else seq
    total = total if total is not None else (seq + 1) * len(events)
    head = Head(PRODUCER, seq, len(events), total, 0)
    value = encode_batch(RAW_BUILDS, head, [encode_event(RAW_BUILDS, one) for one in events])
    return RawRecord(offset, at, as_read(head), value)


def as_read(head: Head) -> list[tuple[str, bytes | None]]:
    return [(name, text if isinstance(text, bytes) else None) for name, text in headers(head)]


def cleans(take: Take) -> list[Record]:
    return [decode(CLEAN_BUILDS, out.value or b"") for out in take.out if out.topic is CLEAN_BUILDS]


def letters(take: Take) -> list[Record]:
    return [decode(DEAD_BUILDS, out.value or b"") for out in take.out if out.topic is DEAD_BUILDS]


def out(take: Take) -> dict[bytes, Record | None]:
    """What a take wrote to the latest topic."""
    found = [(one.key or b"", one.value) for one in take.out if one.topic is LATEST_BUILDS]
    assert len(dict(found)) == len(found), "once a key"
    return {key: None if value is None else decode(LATEST_BUILDS, value) for key, value in found}


class Takes:
    """A partition, the latest topic that its takes write, and its state topic."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self.partition = Partition(domain)
        self.topic: dict[bytes, Record | None] = {}
        self.state: dict[bytes, bytes | None] = {}
        self.offset = 0

    def take(self, *events: Record, at: int = NOW) -> dict[bytes, Record | None]:
        take = self.partition.commit(self.partition.decide(record(self.offset, list(events), at=at)))
        self.offset += 1
        (clean,) = cleans(take)
        assert clean["account"]["received"] == len(events)
        assert not letters(take)
        self.topic |= out(take)
        for key, value in take.draft.to_rows().items():
            self.state.pop(key, None)  # compaction keeps the last row of a key, in its place
            self.state[key] = value
        return out(take)

    def rows(self) -> dict[bytes, Record]:
        """The latest topic as a consumer sees it, after checking that memory says the same."""
        rows = {key: row for key, row in self.topic.items() if row is not None}
        assert {key: self.partition.latest.get(key) for key in self.partition.latest} == rows
        return rows

    def taken_over(self) -> "Takes":
        """Another worker, which has what the topics have."""
        other = Takes(self._domain)
        for key, value in self.state.items():
            other.partition.state.load(key, value)
        for key, row in self.topic.items():
            other.partition.latest.put(key, row)
        other.topic, other.state, other.offset = dict(self.topic), dict(self.state), self.offset
        assert other.partition.state == self.partition.state
        return other
