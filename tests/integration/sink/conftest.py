"""A migrated database, and a sink that runs step by step in the test's own thread."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headcount.kafka import Producer, producer
from headcount.metrics import Metrics
from headcount.postgres import connect
from headcount.settings import KafkaSettings
from headcount.topics import cluster_id, ensure, topic_ids
from schemas.codec import encode
from schemas.topics import CLEAN_BUILDS, RAW_BUILDS
from sinks.command import make_sink
from sinks.migrate import migrate
from sinks.process import Sink
from tests.integration.sink.records import clean_record
from tests.stack import Database

SECONDS = 30.0
"""Bounds every wait; what is waited for takes a second or two."""


@pytest.fixture
def db(database: Database) -> Database:
    migrate(database.owner)
    return database


class Rows:
    """Reads the tables as the owner."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def __call__(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with connect(self._dsn, application="test") as connection:
            cursor = connection.execute(query.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *parameters: Any) -> Any:
        return self(query, *parameters)[0][0]


@pytest.fixture
def rows(db: Database) -> Rows:
    return Rows(db.owner)


class Clean:
    """The clean topic, as streams would write it."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self.topic = settings.name(CLEAN_BUILDS)
        self.raw_topic = settings.name(RAW_BUILDS)
        self.series = {
            "cluster_id": cluster_id(settings),
            "topic_id": topic_ids(settings, (RAW_BUILDS,))[RAW_BUILDS],
        }
        self._producer: Producer = producer(settings, linger_ms=0)

    def record(self, raw_offset: int, events: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """A clean record of this very Kafka's raw topic."""
        return clean_record(raw_offset, events, **self.series, **more)

    def write(self, partition: int, *records: dict[str, Any]) -> None:
        self.write_bytes(partition, *(encode(CLEAN_BUILDS, record) for record in records))

    def write_bytes(self, partition: int, *values: bytes) -> None:
        for value in values:
            self._producer.produce(self.topic, value, partition=partition)
        assert self._producer.flush(SECONDS) == 0


@pytest.fixture
def clean(kafka: KafkaSettings) -> Clean:
    ensure(kafka, (CLEAN_BUILDS, RAW_BUILDS))
    return Clean(kafka)


class Steps:
    """A sink that is stepped until a condition holds."""

    def __init__(self, sink: Sink, metrics: Metrics) -> None:
        self.sink = sink
        self.metrics = metrics

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"not within {SECONDS} s; unready: {self.sink.unready()}"
            self.sink.step()

    def until_stopped(self) -> str:
        """Wait until a partition waits for a person; give what is said of it."""
        self.until(lambda: "partition" in (self.sink.unready() or ""))
        return str(self.sink.unready())

    def close(self) -> None:
        self.sink.run(lambda: True)


@pytest.fixture
def make(clean: Clean, db: Database) -> Iterator[Callable[[], Steps]]:
    made: list[Steps] = []

    def make_one() -> Steps:
        metrics = Metrics()
        made.append(Steps(make_sink(clean.settings, db.sink, metrics), metrics))
        return made[-1]

    yield make_one
    for steps in made:
        steps.close()
