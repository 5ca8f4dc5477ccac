"""The publisher in one process: from `publish()` until Kafka has acknowledged everything, and what an event costs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import events
from benchmarks.broker import fresh_topics, stack
from benchmarks.cores import MEASURED, core
from benchmarks.figures import Figure
from headcount.settings import KafkaSettings
from producers.publisher import Publisher
from schemas.topics import RAW_BUILDS

Record = dict[str, Any]

COUNT = {"small": 30_000, "whole": 6_000}
FLUSH_SECONDS = 120.0


def run() -> list[Figure]:
    figures = []
    with stack() as (servers, folder):
        made: dict[str, Callable[[int], list[Record]]] = {"small": events.small_records, "whole": events.whole_records}
        for shape, make in made.items():
            settings = fresh_topics(servers)
            records = make(COUNT[shape])
            with core(MEASURED):
                wall, cpu = published(settings, folder / "spool", records)
            stored = stored_bytes(folder, settings)
            name = f"publisher, {shape} events"
            figures += [
                Figure(f"{name}: publish() to Kafka", len(records) / wall, "events/s"),
                Figure(f"{name}: the same, by CPU time", len(records) / cpu, "events/CPU s"),
                Figure(f"{name}: on Kafka's disk (zstd)", stored / len(records), "bytes/event"),
            ]
    return figures


def published(settings: KafkaSettings, spool: Path, records: list[Record]) -> tuple[float, float]:
    """Publish all and wait until they are on Kafka; gives seconds by the clock and of CPU."""
    with Publisher(settings, spool_dir=spool) as publisher:
        started, cpu = time.perf_counter(), time.process_time()
        for record in records:
            assert publisher.publish(RAW_BUILDS, record, source=record["project"]["id"])
        assert publisher.flush(FLUSH_SECONDS) == 0
        return time.perf_counter() - started, time.process_time() - cpu


def stored_bytes(folder: Path, settings: KafkaSettings) -> int:
    """The size of the raw topic's segments on the broker's disk."""
    logs = (folder / "state").rglob(f"{settings.name(RAW_BUILDS)}-*/*.log")
    return sum(log.stat().st_size for log in logs)
