"""Kafka wiped under an old Postgres: both stages stop with a clear line, and the named way begins a new series."""

import json
import shutil
from pathlib import Path

from headcount.postgres import connect
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.topics import RAW_BUILDS
from sinks.migrate import migrate
from tests.integration.streams.conftest import Raw
from tests.kafka_topics import eventually
from tests.processes import environment, headcount, running
from tests.stack import Database, Stack, start_kafka

STREAMS, SINK = ["-m", "headcount", "streams"], ["-m", "headcount", "sink"]


def builds_in(database: Database) -> int:
    with connect(database.owner, application="tests") as connection:
        row = connection.execute("SELECT count(*) FROM headcount_store.builds").fetchone()
    return 0 if row is None else int(row[0])


def test_both_stages_stop_and_the_named_way_goes_on(stack: Stack, database: Database, tmp_path: Path) -> None:
    migrate(database.owner)
    kafka = start_kafka(tmp_path / "broker")
    settings = KafkaSettings(kafka.bootstrap)
    environ = environment(settings, tmp_path / "state", database)
    try:
        ensure(settings)
        with running(STREAMS, environ, tmp_path / "1.log"), running(SINK, environ, tmp_path / "2.log"):
            Raw(settings).send(2)
            assert eventually(lambda: builds_in(database), is_right=lambda count: count == 32, seconds=60) == 32
        kafka.kill()
        shutil.rmtree(kafka.folder)
        kafka.start()
        ensure(settings)
        with (
            running(STREAMS, environ, tmp_path / "3.log") as streams,
            running(SINK, environ, tmp_path / "4.log") as sink,
        ):
            (line, *_) = streams.said("partitions cannot be opened")
            assert "this is not the Kafka that was counted so far" in line["error"]
            assert "--new-series" in line["error"]
            red = eventually(sink.readyz, is_right=lambda text: "--new-series" in text)
            assert "--new-series" in red
            accepted = headcount(
                environ, "ledger", "accept", settings.name(RAW_BUILDS), "all", "--new-series", "--json"
            )
            assert (accepted.returncode, accepted.stderr) == (0, "")
            stages = [json.loads(line)["stage"] for line in accepted.stdout.splitlines()]
            assert (stages.count("streams"), stages.count("sink")) == (8, 8)
            with running(STREAMS, environ, tmp_path / "5.log"):
                raw = Raw(settings)
                raw.send(2)
                raw.send(1)
                # The first two rounds are the very same events again; a new series knows nothing of them.
                assert eventually(lambda: builds_in(database), is_right=lambda count: count == 48, seconds=60) == 48
    finally:
        kafka.kill()
