"""Events waiting to become batches: one line per topic and partition, numbered from 0, with running totals."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from producers.publisher.batch import Batch
from schemas.batches import MAX_EVENTS, MAX_RECORD_BYTES, Head, encode_batch, encode_group
from schemas.topics import Topic

_HEAD_BYTES: Final = 256
_GROUP_BYTES: Final = 16
"""At most, of a group's counts and ends."""

UNGROUPED: Final = b""
NEW_SERIES_SECONDS: Final = 24 * 3600.0
"""A line that was silent for a day begins a new series: streams forget a producer 48 h after its last batch."""


@dataclass(slots=True)
class Line:
    """The events of one partition that are not yet in a batch (not thread-safe: the publisher locks)."""

    topic: Topic
    topic_name: str
    partition: int
    new_id: Callable[[], str]
    producer_id: str = ""
    seq: int = 0
    handed_over: int = 0
    dropped: int = 0
    reported: int = 0
    groups: dict[bytes, list[bytes]] = field(default_factory=dict)
    """Events by the beginning of their group; those of a topic without groups under UNGROUPED."""
    count: int = 0
    size: int = 0
    first_at: float = 0.0
    cut_at: float = 0.0

    def add(self, event: bytes, now: float, group: bytes = UNGROUPED) -> Batch | None:
        """Take an encoded event; gives the batch that had to be cut to make room for it, if any."""
        size = len(event) + self._overhead(group)
        full = self.size + size + _HEAD_BYTES > MAX_RECORD_BYTES or self.count == MAX_EVENTS
        batch = self.cut() if full else None
        self._take(group, [event], now)
        return batch

    def add_group(self, group: bytes, events: Sequence[bytes], since: float) -> list[Batch]:
        """Take the events of one group, the first of which waits since `since`; gives the batches that had to be cut."""
        size = sum(map(len, events)) + self._overhead(group)
        if self.count + len(events) <= MAX_EVENTS and self.size + size + _HEAD_BYTES <= MAX_RECORD_BYTES:
            self._take(group, events, since)
            return []
        return [batch for event in events if (batch := self.add(event, since, group)) is not None]

    def _overhead(self, group: bytes) -> int:
        return 0 if group in self.groups else len(group) + _GROUP_BYTES

    def _take(self, group: bytes, events: Sequence[bytes], now: float) -> None:
        if not self.count:
            self._begin(now)
        self.size += sum(map(len, events)) + self._overhead(group)
        self.groups.setdefault(group, []).extend(events)
        self.count += len(events)
        self.handed_over += len(events)

    def lose(self, events: int, now: float) -> None:
        """Count events that were dropped; the next batch reports them, in the series that had handed them over."""
        if not self.count:
            self.first_at = now
        self.dropped += events

    def _begin(self, now: float) -> None:
        # By the wall clock: the monotonic one stands still while a machine sleeps.
        old = self.cut_at and time.time() - self.cut_at > NEW_SERIES_SECONDS and self.dropped == self.reported
        if not self.producer_id or old:
            self.producer_id, self.seq, self.handed_over, self.reported = self.new_id(), 0, self.count, 0
            self.dropped = 0
        self.first_at = now

    @property
    def waits(self) -> bool:
        """Whether there is anything to send: events, or losses that no batch has reported."""
        return bool(self.count) or self.dropped > self.reported

    def cut(self) -> Batch:
        """Make a batch of what waits."""
        head = Head(self.producer_id, self.seq, self.count, self.handed_over, self.dropped)
        value = encode_batch(self.topic, head, self._items())
        batch = Batch(self.topic_name, self.partition, head, time.time(), value)
        self.seq += 1
        self.reported = self.dropped
        self.groups = {}
        self.count = 0
        self.size = 0
        self.cut_at = time.time()
        return batch

    def _items(self) -> list[bytes]:
        items = list(self.groups.get(UNGROUPED, ()))
        return items + [encode_group(group, events) for group, events in self.groups.items() if group != UNGROUPED]
