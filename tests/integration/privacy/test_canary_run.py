"""The canary run (privacy.md): planted in all that a client controls, sent through the real pipeline, found nowhere."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from click.testing import CliRunner

from headcount.cli import cli
from headcount.kafka import NewTopic, TopicPartition, admin, consumer, producer
from headcount.metrics import Metrics
from headcount.postgres import connect
from headcount.settings import KafkaSettings, RetentionSettings
from headcount.topics import ensure
from producers.publisher import Publisher
from schemas.refusals import Reason
from schemas.topics import BUILDS, DEAD_BUILDS, PARTITIONS, RAW_BUILDS
from sinks.migrate import migrate
from sinks.retention.run import Retention
from tests.canaries import CANARIES, forms
from tests.integration.privacy import planting
from tests.integration.privacy.search import (
    Place,
    database_text,
    file_text,
    found,
    leaks,
    topic_text,
    topics,
)
from tests.kafka_topics import eventually, records
from tests.processes import Running, environment, running
from tests.stack import Database, Stack

PLANTED = CANARIES[0]
HIDDEN = PLANTED.encode().hex()


@dataclass(frozen=True, slots=True)
class Run:
    """A pipeline that has handled everything and still runs."""

    settings: KafkaSettings
    database: Database
    environ: dict[str, str]
    streams: Running
    sink: Running
    folder: Path
    stack: Stack


@pytest.fixture(scope="module")
def run(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    settings, database = stack.kafka_settings(stack.fresh_prefix()), stack.fresh_database()
    ensure(settings, tuple(BUILDS.values()))
    migrate(database.owner)
    folder = tmp_path_factory.mktemp("canaries")
    environ = environment(settings, folder / "state", database) | {"HEADCOUNT_LOG_LEVEL": "debug"}
    publish(settings, folder / "spool")
    send_raw(settings)
    with ExitStack() as processes:
        streams, sink = (
            processes.enter_context(running(["-m", "headcount", name], environ, folder / f"{name}.log"))
            for name in ("streams", "sink")
        )
        assert drained(settings, database)
        yield Run(settings, database, environ, streams, sink, folder, stack)


def events_to_publish() -> Iterator[dict[str, Any]]:
    """A canary in one field at a time, and all over an event, of a build as of a retirement."""
    yield from planting.one_by_one()
    for canary in CANARIES:
        yield planting.everywhere(canary)
        yield from planting.retired(canary)


def publish(settings: KafkaSettings, spool: Path) -> None:
    """Through the real publisher."""
    with Publisher(settings, spool_dir=spool) as publisher:
        for event in events_to_publish():
            assert publisher.publish(RAW_BUILDS, event, source=json.dumps(event["project"]))
        assert publisher.flush(60) == 0


def send_raw(settings: KafkaSettings) -> None:
    """What no publisher of ours would send: refused events and broken records, with canaries for key and headers."""
    client = producer(settings)
    topic = settings.name(RAW_BUILDS)
    for number, canary in enumerate(CANARIES):
        good = planting.batch([planting.everywhere(canary)], canary)
        values = [planting.batch([event], canary) for _, event in planting.refused(canary)]
        # A good record behind each that does not decode: a hundred bad ones in a row pause a partition.
        values += [value for _, bad in planting.broken(canary) for value in (bad, good)]
        values += planting.too_large(canary)
        for value in values:
            client.produce(
                topic,
                key=canary.encode(),
                value=value,
                partition=number % PARTITIONS,
                headers=planting.spoilt_headers(canary),
            )
    assert client.flush(60) == 0


def drained(settings: KafkaSettings, database: Database) -> bool:
    """Wait until Postgres stands at the end of every raw partition."""
    client = consumer(settings, group_id="privacy", enable_auto_commit=False)
    name = settings.name(RAW_BUILDS)
    ends = {p: client.get_watermark_offsets(TopicPartition(name, p), timeout=30)[1] for p in range(PARTITIONS)}
    client.close()

    def positions() -> dict[int, int]:
        with connect(database.owner, application="tests") as connection:
            rows = connection.execute("SELECT partition, next_raw_offset FROM headcount_store.positions").fetchall()
        return dict(rows)

    return eventually(positions, is_right=lambda found: found == ends, seconds=90) == ends


def answers(run: Run) -> Iterator[Place]:
    """What every command prints that reads what is kept; the run's replay among them."""

    def said(*words: str) -> str:
        result = CliRunner().invoke(cli, words, env=run.environ)
        assert result.exception is None, (words, result.output, result.exception)
        return str(result.output)

    for reason in (Reason.PROJECT, Reason.UNKNOWN_SCHEMA):
        yield f"replay {reason}", said("replay", "--reason", reason, "--json")
    assert drained(run.settings, run.database)
    yield "ledger", said("ledger", "--json")
    yield "ledger check", CliRunner().invoke(cli, ["ledger", "check", "--json"], env=run.environ).output
    with connect(run.database.reader, application="tests") as connection:
        views = [row[0] for row in connection.execute("SELECT viewname FROM pg_views WHERE schemaname = 'headcount'")]
    assert len(views) > 10
    for view in views:
        yield f"query {view}", said("query", view, "--json")
    yield "query --csv", said("query", "latest_builds", "--csv")
    for words in ((), ("--public",)):
        asked = ("report", "builds", "--from", "2026-01-01", *words)
        for form in ("html", "csv"):
            text = said(*asked, "--format", form)
            yield f"report {form} {words}", text
        assert ("sphinx" in text) or words
        path = run.folder / f"report{len(words)}.parquet"
        said(*asked, "--format", "parquet", "--output", str(path))
        yield f"report parquet {words}", repr(pyarrow.parquet.read_table(path).to_pylist())
    yield from explained(run)


def explained(run: Run) -> Iterator[Place]:
    """What `explain` says is left of an event, for each canary. What it was before is shown to who has the file."""
    path = run.folder.parent / "explained.json"
    for canary in CANARIES:
        path.write_text(json.dumps(planting.everywhere(canary)))
        result = CliRunner().invoke(cli, ["explain", "build-event", str(path), "--json"], env=run.environ)
        rows = [json.loads(line) for line in result.output.splitlines()]
        assert len(rows) > 60, result.output
        yield f"explain {canary}", json.dumps([(row["after"], row["why"], row["class"]) for row in rows])


def served(run: Run) -> Iterator[Place]:
    """What the processes answer over HTTP."""
    for process in (run.streams, run.sink):
        url = next(line["metrics"] for line in process.lines() if "metrics" in line)
        for path in ("metrics", "readyz", "healthz"):
            with urllib.request.urlopen(f"{url}/{path}", timeout=10) as answer:
                yield f"{url}/{path}", answer.read().decode()


def behind_raw(run: Run) -> Iterator[Place]:
    """All that there is behind the raw topic."""
    yield from answers(run)
    for name in topics(run.settings):
        if name != run.settings.name(RAW_BUILDS):
            yield topic_text(run.settings, name)
    # As superuser: the sink's temporary tables are another role's.
    name = run.database.owner.rpartition("/")[2].partition("?")[0]
    with connect(run.stack.postgres.dsn("postgres", name), application="tests") as connection:
        yield from database_text(connection)
    yield from served(run)
    yield from file_text(run.folder)
    for log in (run.stack.kafka.log, run.stack.postgres.log):
        yield str(log.name), log.read_text(errors="replace")


def test_no_canary_is_found_behind_the_raw_topic(run: Run) -> None:
    lines = list(leaks(behind_raw(run)))
    assert not lines, "\n".join(lines[:50])


def test_every_reason_was_met_and_most_events_were_accepted(run: Run) -> None:
    letters = [record for _, record in records(run.settings, DEAD_BUILDS)]
    assert {letter["reason"] for letter in letters} == {reason.value for reason in Reason}
    with connect(run.database.reader, application="tests") as connection:
        row = connection.execute("SELECT sum(accepted), sum(added) FROM headcount.ledger").fetchone()
    assert row is not None
    assert min(row) > 1_000


def test_no_canary_is_found_in_the_archive(run: Run, tmp_path: Path) -> None:
    kept = RetentionSettings(archive_dir=tmp_path)
    retention = Retention(run.database.sink, kept, Metrics(), wait=lambda seconds: False)
    assert retention.run(datetime.now(UTC) + timedelta(days=1500))
    places = list(file_text(tmp_path))
    assert sum(text.count("sphinx") for _, text in places) > 20
    lines = list(leaks(places))
    assert not lines, "\n".join(lines[:50])


def test_the_same_search_finds_every_canary_in_the_raw_topic(run: Run) -> None:
    _, text = topic_text(run.settings, run.settings.name(RAW_BUILDS))
    assert set(CANARIES) <= set(found(text))


def test_the_search_knows_every_form() -> None:
    for canary in CANARIES:
        for form in forms(canary):
            assert canary in found(f"before{form}behind")


@pytest.mark.parametrize("place", ["key", "value", "headers"])
def test_the_search_sees_all_of_a_topic(run: Run, place: str) -> None:
    settings = run.stack.kafka_settings(run.stack.fresh_prefix())
    name = f"{settings.topic_prefix}scratch"
    broker = admin(settings)
    broker.create_topics([NewTopic(name, 1, 1)])[name].result()
    client = producer(settings)
    record: Any = {"value": b"well"} | {place: [("h", HIDDEN)] if place == "headers" else HIDDEN}
    client.produce(name, **record)
    assert client.flush(30) == 0
    assert topics(settings) == [name]
    assert PLANTED in found(topic_text(settings, name)[1])


@pytest.mark.parametrize("made", ["TABLE", "VIEW", "MATERIALIZED VIEW"])
@pytest.mark.parametrize("kind", ["text", "bytea", "text[]", "jsonb"])
def test_the_search_sees_all_of_a_database(stack: Stack, made: str, kind: str) -> None:
    value = {"text[]": f"{{{HIDDEN}}}", "jsonb": json.dumps({HIDDEN: 1})}.get(kind, HIDDEN)
    with connect(stack.fresh_database().owner, application="tests", autocommit=True) as connection:
        connection.execute("CREATE SCHEMA scratch")
        assert list(leaks(database_text(connection))) == []
        connection.execute(f"CREATE {made} scratch.planted AS SELECT '{value}'::{kind} AS a".encode())
        assert PLANTED in "".join(leaks(database_text(connection)))


def test_the_search_sees_all_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"\xff" + HIDDEN.encode())
    assert PLANTED in "".join(leaks(file_text(tmp_path)))
