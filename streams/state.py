"""The state of one raw partition: what it is made of in memory, and as rows of the compacted state topic.

Rows: `pos` (our position), `p:<producer>` (a producer's sequence), `i:<raw offset>` (ids accepted from one record),
`r:<key>` (a mark of retirement, for a key of the latest topic or a group of them).
A take changes a `Draft`; only after its commit does the draft become state, so an aborted take leaves nothing behind.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Final, TypeVar

from schemas.builds.retirement import MARK_DAYS, Mark, later
from streams.sequence import Sequence

KEPT_US: Final = 48 * 3_600_000_000
"""Sequences and event ids are kept this long after their last batch: spool and raw topic keep nothing for over a day."""

MARKS_KEPT_US: Final = MARK_DAYS * 24 * 3_600_000_000

EXPIRED_AT_ONCE: Final = 1_000
"""Rows that a take lets go at most, so that a long pause does not make one take huge."""

POSITION_KEY: Final = b"pos"
_PRODUCER: Final = b"p:"
_IDS: Final = b"i:"
_MARK: Final = b"r:"
_ID_BYTES: Final = 16

K = TypeVar("K")
Rows = dict[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Position:
    """The next raw offset; it belongs to one cluster and one topic id. `paused`: too many records of bad form."""

    next_offset: int
    cluster_id: str
    topic_id: str
    paused: bool = False

    def to_bytes(self) -> bytes:
        """Give the row's value."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, value: bytes) -> "Position":
        """Read the row's value."""
        return cls(**json.loads(value))


@dataclass(slots=True)
class IdRow:
    """The ids accepted from the record at one raw offset, and when it was received (microseconds)."""

    at: int
    ids: tuple[bytes, ...]


@dataclass(slots=True)
class MarkRow:
    """A mark of retirement, and when the newest event that it is made of was received (microseconds)."""

    at: int
    mark: Mark


@dataclass(slots=True)
class State:
    """What a partition remembers. `ids` maps an id to the offset of its row.

    `swept_on` (days since 1970) is in memory only: looking for old latest rows once more does no harm.
    """

    position: Position | None = None
    producers: "OrderedDict[str, Sequence]" = field(default_factory=OrderedDict)
    ids: dict[bytes, int] = field(default_factory=dict)
    id_rows: "OrderedDict[int, IdRow]" = field(default_factory=OrderedDict)
    marks: "OrderedDict[bytes, MarkRow]" = field(default_factory=OrderedDict)
    swept_on: int | None = field(default=None, compare=False)

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take one row of the state topic, in the topic's order; a tombstone removes."""
        if key == POSITION_KEY:
            self.position = None if value is None else Position.from_bytes(value)
        elif key.startswith(_PRODUCER):
            self._load_producer(key.removeprefix(_PRODUCER).decode(), value)
        elif key.startswith(_IDS):
            self._load_ids(int(key.removeprefix(_IDS)), value)
        elif key.startswith(_MARK):
            self._load_mark(key.removeprefix(_MARK), value)

    def _load_producer(self, producer: str, value: bytes | None) -> None:
        self.producers.pop(producer, None)
        if value is not None:
            self.producers[producer] = _sequence(value)

    def _load_ids(self, offset: int, value: bytes | None) -> None:
        self._forget_ids(offset)
        if value is not None:
            row = _id_row(value)
            self.id_rows[offset] = row
            self.ids.update(dict.fromkeys(row.ids, offset))

    def _load_mark(self, scope: bytes, value: bytes | None) -> None:
        self.marks.pop(scope, None)
        if value is not None:
            self.marks[scope] = MarkRow(**json.loads(value))

    def _forget_ids(self, offset: int) -> None:
        row = self.id_rows.pop(offset, None)
        for id_ in row.ids if row is not None else ():
            if self.ids.get(id_) == offset:
                del self.ids[id_]

    def rows(self) -> int:
        """Count the rows in memory."""
        return len(self.producers) + len(self.id_rows) + len(self.marks) + (self.position is not None)


@dataclass(slots=True)
class Draft:
    """What one take changes, on top of a state that it leaves alone."""

    state: State
    position: Position
    producers: dict[str, Sequence] = field(default_factory=dict)
    ids: dict[bytes, int] = field(default_factory=dict)
    id_rows: dict[int, IdRow] = field(default_factory=dict)
    marks: dict[bytes, MarkRow] = field(default_factory=dict)
    expired_producers: list[str] = field(default_factory=list)
    expired_ids: list[int] = field(default_factory=list)
    expired_marks: list[bytes] = field(default_factory=list)
    swept_on: int | None = None

    def sequence(self, producer: str) -> Sequence:
        """Give a producer's sequence; a new one for a producer not seen before."""
        return self.producers.get(producer) or self.state.producers.get(producer) or Sequence()

    def knows(self, id_: bytes) -> bool:
        """Say whether an event of this id was accepted before."""
        return id_ in self.ids or id_ in self.state.ids

    def accept(self, offset: int, at: int, ids: tuple[bytes, ...]) -> None:
        """Remember the ids accepted from the record at `offset`."""
        if ids:
            self.id_rows[offset] = IdRow(at, ids)
            self.ids.update(dict.fromkeys(ids, offset))

    def has_marks(self) -> bool:
        """Say whether anything is retired at all."""
        return bool(self.marks or self.state.marks)

    def mark(self, scope: bytes) -> Mark | None:
        """Give the mark of a row's key or a group; null where it has none."""
        row = self.marks.get(scope) or self.state.marks.get(scope)
        return None if row is None else row.mark

    def retire(self, scope: bytes, mark: Mark, at: int) -> None:
        """Remember a mark, received `at` (microseconds)."""
        self.marks[scope] = MarkRow(at, later(self.mark(scope) or {}, mark))

    def expire(self, now: int) -> None:
        """Let go of what is older than it is kept, at `now` (the receipt of the newest record, microseconds)."""
        oldest = now - KEPT_US
        self.expired_ids = list(_while_old(((key, row.at) for key, row in self.state.id_rows.items()), oldest))
        candidates = _while_old(((key, row.last_at) for key, row in self.state.producers.items()), oldest)
        self.expired_producers = [producer for producer in candidates if producer not in self.producers]
        marks = _while_old(((scope, row.at) for scope, row in self.state.marks.items()), now - MARKS_KEPT_US)
        self.expired_marks = [scope for scope in marks if scope not in self.marks]

    def to_rows(self) -> Rows:
        """Give the changed rows of the state topic."""
        rows: Rows = {_PRODUCER + producer.encode(): None for producer in self.expired_producers}
        rows |= {_IDS + str(offset).encode(): None for offset in self.expired_ids}
        rows |= {_MARK + scope: None for scope in self.expired_marks}
        rows |= {_PRODUCER + producer.encode(): _bytes_of(row) for producer, row in self.producers.items()}
        rows |= {_IDS + str(offset).encode(): _bytes_of_ids(row) for offset, row in self.id_rows.items()}
        rows |= {_MARK + scope: json.dumps(asdict(row)).encode() for scope, row in self.marks.items()}
        rows[POSITION_KEY] = self.position.to_bytes()
        return rows

    def apply(self) -> None:
        """Make the draft state, after its take has committed."""
        state = self.state
        for producer in self.expired_producers:
            state.producers.pop(producer, None)
        for offset in self.expired_ids:
            state._forget_ids(offset)
        for scope in self.expired_marks:
            state.marks.pop(scope, None)
        for scope, row in self.marks.items():
            state.marks.pop(scope, None)
            state.marks[scope] = row
        state.swept_on = self.swept_on if self.swept_on is not None else state.swept_on
        for producer, sequence in self.producers.items():
            state.producers.pop(producer, None)
            state.producers[producer] = sequence
        for offset in self.id_rows.keys() & state.id_rows.keys():
            state._forget_ids(offset)  # of a former series: the row was written over
        state.id_rows.update(self.id_rows)
        state.ids.update(self.ids)
        state.position = self.position


def _while_old(rows: Iterator[tuple[K, int]], oldest: int) -> Iterator[K]:
    """Give the keys of the first rows that are older; both tables are in order of time."""
    for _, (key, at) in zip(range(EXPIRED_AT_ONCE), rows, strict=False):
        if at >= oldest:
            return
        yield key


def _bytes_of(sequence: Sequence) -> bytes:
    return json.dumps(asdict(sequence), separators=(",", ":")).encode()


def _sequence(value: bytes) -> Sequence:
    row = json.loads(value)
    pairs = {name: tuple((low, high) for low, high in row[name]) for name in ("gaps", "missing")}
    return Sequence(**(row | pairs | {"refused": tuple(row["refused"])}))


def _bytes_of_ids(row: IdRow) -> bytes:
    return row.at.to_bytes(8, "big") + b"".join(row.ids)


def _id_row(value: bytes) -> IdRow:
    ids = tuple(value[start : start + _ID_BYTES] for start in range(8, len(value), _ID_BYTES))
    return IdRow(int.from_bytes(value[:8], "big"), ids)
