"""Events waiting to become batches: one line per topic and partition, numbered from 0, with running totals."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from producers.publisher.batch import Batch
from schemas.batches import MAX_EVENTS, MAX_RECORD_BYTES, Head, encode_batch
from schemas.topics import Topic

_HEAD_BYTES: Final = 256
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
    events: list[bytes] = field(default_factory=list)
    size: int = 0
    first_at: float = 0.0
    cut_at: float = 0.0

    def add(self, event: bytes, now: float) -> Batch | None:
        """Take an encoded event; gives the batch that had to be cut to make room for it, if any."""
        full = self.size + len(event) + _HEAD_BYTES > MAX_RECORD_BYTES or len(self.events) == MAX_EVENTS
        batch = self.cut() if full else None
        if not self.events:
            self._begin(now)
        self.events.append(event)
        self.size += len(event)
        self.handed_over += 1
        return batch

    def lose(self, events: int, now: float) -> None:
        """Count events that were dropped; the next batch reports them, in the series that had handed them over."""
        if not self.events:
            self.first_at = now
        self.dropped += events

    def _begin(self, now: float) -> None:
        # By the wall clock: the monotonic one stands still while a machine sleeps.
        old = self.cut_at and time.time() - self.cut_at > NEW_SERIES_SECONDS and self.dropped == self.reported
        if not self.producer_id or old:
            self.producer_id, self.seq, self.handed_over, self.reported = self.new_id(), 0, len(self.events), 0
            self.dropped = 0
        self.first_at = now

    @property
    def waits(self) -> bool:
        """Whether there is anything to send: events, or losses that no batch has reported."""
        return bool(self.events) or self.dropped > self.reported

    def cut(self) -> Batch:
        """Make a batch of what waits."""
        head = Head(self.producer_id, self.seq, len(self.events), self.handed_over, self.dropped)
        value = encode_batch(self.topic, head, self.events)
        batch = Batch(self.topic_name, self.partition, head, time.time(), value)
        self.seq += 1
        self.reported = self.dropped
        self.events = []
        self.size = 0
        self.cut_at = time.time()
        return batch
