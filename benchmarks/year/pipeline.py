"""One day of the year by the way that builds go, as fast as it can: Publisher, Kafka, streams, Kafka, sink, Postgres."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.year.builds import World, as_raw
from headcount.postgres import connect
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from producers.publisher import Publisher
from schemas.topics import BUILDS, RAW_BUILDS
from tests.processes import environment, running
from tests.stack import Database, start_kafka

AT_MOST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Day:
    """How a day went: seconds from the first `publish()` until Kafka had all, and until Postgres had."""

    builds: int
    published_seconds: float
    stored_seconds: float


def run_day(world: World, database: Database, folder: Path, tell: Callable[[str], None]) -> Day:
    """Send the last day of a world, whose days before it are loaded."""
    events = [as_raw(event) for _, event in world.builds(world.days - 1)]
    before = _builds(database.owner)
    kafka = start_kafka(folder / "broker")
    try:
        settings = KafkaSettings(bootstrap=kafka.bootstrap)
        ensure(settings, tuple(BUILDS.values()))
        environ = environment(settings, folder / "state", database)
        with (
            running(["-m", "headcount", "streams"], environ, folder / "streams.log") as streams,
            running(["-m", "headcount", "sink"], environ, folder / "sink.log") as sink,
        ):
            streams.ready(seconds=120)
            sink.ready(seconds=120)
            started = time.perf_counter()
            with Publisher(settings, spool_dir=folder / "spool") as publisher:
                for event in events:
                    assert publisher.publish(RAW_BUILDS, event, source=event["project"]["id"])
                assert publisher.flush(AT_MOST_SECONDS) == 0
                published = time.perf_counter() - started
            while _builds(database.owner) < before + len(events):
                stored = _builds(database.owner) - before
                assert time.perf_counter() - started < AT_MOST_SECONDS, f"only {stored} of {len(events)} are stored"
                tell(f"{stored} of {len(events)} builds stored")
                time.sleep(0.5)  # between two looks
            return Day(len(events), published, time.perf_counter() - started)
    finally:
        kafka.kill()


def _builds(dsn: str) -> int:
    with connect(dsn, application="benchmark") as connection:
        row = connection.execute(b"SELECT sum(added) FROM headcount_store.ledger_rows").fetchone()
    assert row is not None
    return int(row[0] or 0)
