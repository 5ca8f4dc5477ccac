"""L7 from a host to Postgres: retirements through the publisher, streams, the latest topic and the sink, and over a kill."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headcount.kafka import producer
from headcount.postgres import connect
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from producers.builds import Ref, retire_project, retire_version
from producers.publisher import Publisher
from schemas.batches import Head, encode_batch, encode_event, headers
from schemas.routes import partitions_of, source_of_build
from schemas.topics import BUILDS, LATEST_BUILDS, PARTITIONS, RAW_BUILDS, partition_of
from sinks.migrate import migrate
from tests.build_events import event, retirement
from tests.kafka_topics import eventually, messages
from tests.processes import Running, environment, running
from tests.stack import Database

Record = dict[str, Any]
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=60)
"""Recent enough for the daily job of the sink, which lets builds of over half a year go."""

VERSIONS = 24
SECONDS = 60.0


class Pipeline:
    """A host's publisher, a worker, a sink; and what they made."""

    def __init__(self, kafka: KafkaSettings, database: Database, folder: Path) -> None:
        self._kafka, self._database, self._folder = kafka, database, folder
        self._environ = environment(kafka, folder / "state", database)
        self._running = ExitStack()
        self._published = 0
        self._builds = 0
        self.publisher = self._running.enter_context(Publisher(kafka, spool_dir=folder / "spool"))
        self.sink = self.start("sink", "sink")

    def start(self, name: str, *words: str) -> Running:
        return self._running.enter_context(
            running(["-m", "headcount", *words], self._environ, self._folder / f"{name}.log")
        )

    def close(self) -> None:
        self._running.close()

    def publish(self, *events: Record) -> None:
        """Hand events over and wait until Postgres has them all."""
        for one in events:
            version = one["version"]["id"] if one["version"] else None
            source = source_of_build(one["project"]["id"], version)
            assert self.publisher.publish(RAW_BUILDS, one, source=source)
            self.sent(len(partitions_of(RAW_BUILDS, one, source)))
        assert self.publisher.flush(SECONDS) == 0
        self.arrived()

    def sent(self, count: int) -> None:
        self._published += count

    def arrived(self) -> None:
        total = "SELECT coalesce(sum(received), 0) FROM headcount.ledger"
        assert eventually(lambda: self.one(total), is_right=lambda n: n >= self._published, seconds=SECONDS) == (
            self._published
        )
        assert self.one("SELECT sum(abs(difference)) FROM headcount.ledger") == 0
        assert self.one("SELECT sum(missing + dropped) FROM headcount.ledger") == 0

    def build(self, minute: int, *, project: str = "p", version: str = "v0", **more: Any) -> Record:
        self._builds += 1
        started_at = (START + timedelta(minutes=minute)).isoformat()
        return event(
            self._builds, project=project, version=version, started_at=started_at, **({"success": True} | more)
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self._database.owner, application="test") as connection:
            return connection.execute(query.encode()).fetchall()

    def one(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def versions(self, view: str = "latest_builds") -> list[tuple[str, str]]:
        return [
            (p, v) for p, v in self.rows(f"SELECT DISTINCT project_id, version_id FROM headcount.{view} ORDER BY 1, 2")
        ]

    def topic(self) -> dict[str, bool]:
        """The keys of the latest topic, and whether the last word on each is a row."""
        return {
            (message.key() or b"").decode(): message.value() is not None
            for message in messages(self._kafka, LATEST_BUILDS)
        }


@pytest.fixture
def pipeline(kafka: KafkaSettings, database: Database, tmp_path: Path) -> Iterator[Pipeline]:
    ensure(kafka, tuple(BUILDS.values()))
    migrate(database.owner)
    made = Pipeline(kafka, database, tmp_path)
    yield made
    made.close()


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


VIEWS = ("latest_builds", "latest_successful_builds", "latest_packages", "build_documents")


def test_L7_from_the_host_to_every_view(pipeline: Pipeline) -> None:
    pipeline.start("streams", "streams")
    builds = [pipeline.build(n, version=f"v{n}") for n in range(VERSIONS)]
    assert len({partition_of(source_of_build("p", f"v{n}")) for n in range(VERSIONS)}) == PARTITIONS
    other = pipeline.build(0, project="q")
    pipeline.publish(*builds, other)
    assert len(pipeline.versions()) == VERSIONS + 1

    pipeline.publish(retire_version(project=Ref("p", "kiln"), version=Ref("v1", "latest"), at=at(1)))
    assert ("p", "v1") not in pipeline.versions()
    assert pipeline.topic()['["p","v1"]'] is False

    newest = pipeline.build(90, version="v3")
    pipeline.publish(newest, retire_project(project=Ref("p", "kiln"), at=at(60)))
    for view in VIEWS:
        assert pipeline.versions(view) == [("p", "v3"), ("q", "v0")], view
    assert sorted(key for key, is_row in pipeline.topic().items() if is_row) == ['["p","v3"]', '["q","v0"]']
    assert pipeline.one("SELECT count(*) FROM headcount_store.builds") == VERSIONS + 2
    assert pipeline.one("SELECT sum(kept_without_fact) FROM headcount.ledger") == 1 + PARTITIONS

    late = [pipeline.build(60, version=f"v{n}") for n in (0, 2, 100)]
    pipeline.publish(*late, *builds[:5])
    assert pipeline.versions() == [("p", "v3"), ("q", "v0")]
    pipeline.publish(pipeline.build(61, version="v5", success=False))
    assert pipeline.versions() == [("p", "v3"), ("p", "v5"), ("q", "v0")]
    assert pipeline.versions("latest_successful_builds") == [("p", "v3"), ("q", "v0")]
    assert sorted(key for key, is_row in pipeline.topic().items() if is_row) == [
        '["p","v3"]',
        '["p","v5"]',
        '["q","v0"]',
    ]


def test_L7_marks_outlive_the_worker_that_took_them(pipeline: Pipeline) -> None:
    first = pipeline.start("first", "streams", "--slot", "0")
    pipeline.publish(*(pipeline.build(n, version=f"v{n}") for n in range(VERSIONS)))
    pipeline.publish(
        retire_project(project=Ref("p", "kiln"), at=at(60)),
        retire_version(project=Ref("q", "glaze"), version=Ref("v0", "latest"), at=at(60)),
    )
    first.process.kill()
    first.ended()
    pipeline.start("second", "streams", "--slot", "0")
    pipeline.publish(*(pipeline.build(30, version=f"v{n}") for n in range(VERSIONS)), pipeline.build(30, project="q"))
    assert pipeline.versions() == []
    assert [key for key, is_row in pipeline.topic().items() if is_row] == []
    pipeline.publish(pipeline.build(61, version="v7"))
    assert pipeline.versions() == [("p", "v7")]
    assert [key for key, is_row in pipeline.topic().items() if is_row] == ['["p","v7"]']


def test_L7_one_that_is_put_into_one_partition_by_hand_is_complete_in_postgres(
    pipeline: Pipeline, kafka: KafkaSettings
) -> None:
    """Decision 0009: streams of the other partitions do not learn it, and their rows of the latest topic stay."""
    pipeline.start("streams", "streams")
    pipeline.publish(*(pipeline.build(n, version=f"v{n}") for n in range(VERSIONS)))
    client = producer(kafka)
    head = Head("e" * 32, 0, 1, 1, 0)
    value = encode_batch(RAW_BUILDS, head, [encode_event(RAW_BUILDS, retirement("p", None, at(60).isoformat()))])
    client.produce(kafka.name(RAW_BUILDS), value=value, partition=3, headers=headers(head))
    assert client.flush(30) == 0
    pipeline.sent(1)
    pipeline.arrived()
    assert pipeline.versions() == []
    gone = {key for key, is_row in pipeline.topic().items() if not is_row}
    assert gone == {f'["p","v{n}"]' for n in range(VERSIONS) if partition_of(source_of_build("p", f"v{n}")) == 3}
    pipeline.publish(pipeline.build(59, version="v0"))
    assert pipeline.versions() == []


def test_L8_old_rows_go_from_the_topic_and_from_postgres(pipeline: Pipeline) -> None:
    def build(number: int, version: str, days: int) -> Record:
        started_at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        return event(number, project="p", version=version, started_at=started_at, success=True)

    partition = partition_of(source_of_build("p", "v0"))
    near = next(v for n in range(1, 99) if partition_of(source_of_build("p", v := f"v{n}")) == partition)
    first = pipeline.start("first", "streams", "--slot", "0")
    pipeline.publish(build(1, "v0", 401), build(2, near, 399))
    assert pipeline.topic() == {'["p","v0"]': True, f'["p","{near}"]': True}
    for process in (first, pipeline.sink):
        process.process.kill()
        process.ended()
    # What they do once a day, they also do when they start.
    pipeline.start("second", "streams", "--slot", "0")
    pipeline.start("second sink", "sink")
    pipeline.publish(build(3, near, 1))
    assert pipeline.topic() == {'["p","v0"]': False, f'["p","{near}"]': True}
    left = [("p", near)]
    assert eventually(pipeline.versions, is_right=lambda found: found == left, seconds=SECONDS) == left
    pipeline.publish(build(4, "v0", 402))
    assert pipeline.versions() == left
    assert pipeline.topic()['["p","v0"]'] is False
    pipeline.publish(build(5, "v0", 1))
    assert pipeline.versions() == [("p", "v0"), *left]
    assert pipeline.topic()['["p","v0"]'] is True
