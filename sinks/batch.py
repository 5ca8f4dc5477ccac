"""What one transaction applies: clean records of several partitions, added up in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.codec import Record
from sinks.account import Ledger, LedgerKey
from sinks.builds.health import Health
from sinks.position import Position

BUILD_FINISHED: Final = "build_finished"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event comes from: its row of the ledger and its place among the accepted events of a raw record."""

    ledger: LedgerKey
    partition: int
    raw_offset: int
    index: int
    cluster_id: str
    topic_id: str


@dataclass(frozen=True, slots=True)
class Event:
    """An accepted event, as it came, until the database has it: only a poison row needs it again."""

    origin: Origin
    received_at: int
    body: Record


@dataclass(slots=True)
class Batch:
    """Starts at `before` (positions by partition) and moves them with each record."""

    topic: str
    before: Mapping[int, Position]
    after: dict[int, Position] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    health: Health = field(default_factory=Health)
    events: list[Event] = field(default_factory=list)
    records: int = 0
    oldest: int | None = None
    """Receipt of the oldest record, microseconds."""

    def position(self, partition: int) -> Position:
        """Give where a partition stands with what was added so far."""
        return self.after.get(partition) or self.before[partition]

    def add(self, partition: int, clean_offset: int, record: Record) -> None:
        """Add a record that `judge` said to apply."""
        key = self.ledger.add_account(self.topic, record["received_at"], record["account"])
        series = (record["cluster_id"], record["topic_id"])
        self.events += [
            Event(Origin(key, partition, record["raw_offset"], index, *series), record["received_at"], event)
            for index, event in enumerate(record["events"])
        ]
        for event in record["events"]:
            if event["kind"] == BUILD_FINISHED:
                self.health.add(event, record["received_at"])
        self.records += 1
        self.oldest = record["received_at"] if self.oldest is None else min(self.oldest, record["received_at"])
        self.pass_over(partition, clean_offset, record)

    def pass_over(self, partition: int, clean_offset: int, record: Record) -> None:
        """Move the position behind a record that adds nothing more."""
        self.after[partition] = self.position(partition).after(record, clean_offset)
