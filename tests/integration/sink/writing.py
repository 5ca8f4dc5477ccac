"""Batches for the writer, without Kafka."""

from typing import Any

from sinks.batch import Batch
from sinks.position import Position
from sinks.writer import Applied, Writer

TOPIC = "headcount.builds.raw.v1"


class Partition:
    """One partition of a writer's: applies records one batch at a time and keeps the position."""

    def __init__(self, writer: Writer, partition: int = 0) -> None:
        self.writer = writer
        self.number = partition
        self.position: Position = writer.claim(TOPIC, partition)

    def batch(self, *records: dict[str, Any]) -> Batch:
        batch = Batch(TOPIC, {self.number: self.position})
        for record in records:
            batch.add(self.number, batch.position(self.number).next_clean_offset, record)
        return batch

    def apply(self, *records: dict[str, Any]) -> Applied:
        batch = self.batch(*records)
        applied = self.writer.apply(batch)
        self.position = batch.after[self.number]
        return applied
