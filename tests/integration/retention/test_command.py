"""`headcount retention` as a person runs it: as of now, by the settings."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from headcount.cli import cli
from headcount.errors import UnavailableError
from headcount.postgres import connect
from sinks.retention.run import LOCK
from tests.integration.retention.test_builds import micros
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database


def fill(partition: Partition) -> None:
    now = datetime.now(UTC)
    ages = (0, 30, 181, 3 * 365)
    events = [build_event(str(age), started_at=micros(now - timedelta(days=age))) for age in ages]
    partition.apply(clean_record(0, events, received_at=micros(now)))


@pytest.fixture
def sink_only(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_DATABASE_SINK", db.sink)


@pytest.mark.usefixtures("sink_only")
def test_B38_by_hand_with_the_sinks_role(partition: Partition, rows: Rows) -> None:
    fill(partition)
    result = CliRunner().invoke(cli, ["retention", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["builds"] == 2
    assert rows("SELECT build_id FROM headcount_store.builds ORDER BY 1") == [("0",), ("30",)]
    assert CliRunner().invoke(cli, ["retention"]).output.splitlines()[0] == "builds: 0"


@pytest.mark.usefixtures("sink_only")
def test_B38_other_periods(partition: Partition, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(partition)
    monkeypatch.setenv("HEADCOUNT_BUILDS_DAYS", "20")
    assert CliRunner().invoke(cli, ["retention"]).exit_code == 0
    assert rows("SELECT build_id FROM headcount_store.builds") == [("0",)]


@pytest.mark.usefixtures("sink_only")
def test_B45_an_archive_that_is_not_there_is_exit_1_and_nothing_goes(
    partition: Partition, rows: Rows, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(partition)
    monkeypatch.setenv("HEADCOUNT_ARCHIVE_DIR", str(tmp_path / "not-mounted"))
    result = CliRunner().invoke(cli, ["retention", "--json"])
    assert result.exit_code == 1
    assert "where: HEADCOUNT_ARCHIVE_DIR=" in result.stderr
    assert "builds" not in json.loads(result.stdout)
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 4


@pytest.mark.usefixtures("sink_only")
def test_somebody_else_is_at_it(db: Database, partition: Partition) -> None:
    with connect(db.sink, application="test") as connection:
        connection.execute(b"SELECT pg_advisory_lock(%s)", (LOCK,))
        assert isinstance(CliRunner().invoke(cli, ["retention"]).exception, UnavailableError)
