"""`headcount delete`: a project or a version is gone from every table, and the ledger says so."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner, Result

from headcount.cli import cli
from headcount.errors import HeadcountError
from headcount.postgres import connect
from sinks.delete import delete as delete_rows
from sinks.sums import sum_days
from sinks.writer import Writer
from tests.integration.retention.conftest import Run
from tests.integration.retention.test_builds import days_old
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database

EVERYWHERE = """
SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'headcount_store'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'project_id'
ORDER BY 1
"""


class Command:
    def __init__(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HEADCOUNT_DATABASE_SINK", db.sink)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(cli, ["delete", *words])

    def __call__(self, *words: str) -> dict[str, int]:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        gone: dict[str, int] = json.loads(result.output)
        return gone

    def refused(self, *words: str) -> HeadcountError:
        error = self.run(*words).exception
        assert isinstance(error, HeadcountError)
        return error


@pytest.fixture
def delete(db: Database, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(db, monkeypatch)


@pytest.fixture
def filled(partition: Partition) -> Partition:
    """Two projects with three versions each, in three months; of each an event that Postgres would not take."""
    events = [
        build_event(f"{project}-{version}-{age}", project=project, version=version, started_at=days_old(age))
        for project in ("p1", "p2")
        for version in ("v1", "v2", None)
        for age in (1, 31, 62)
    ]
    for project in ("p1", "p2"):
        poison = build_event(f"{project}-poison", project=project)
        poison["config"]["user"] = "{"
        poison["version"]["slug"] = "nul\0"
        events.append(poison)
    partition.apply(clean_record(0, events))
    return partition


def test_a_project_is_gone_from_every_table_and_the_other_one_is_not(
    filled: Partition, rows: Rows, delete: Command, balanced: Callable[[], None]
) -> None:
    sum_days(filled.writer.connection)
    other = {
        table: rows.one(f"SELECT count(*) FROM headcount_store.{table} WHERE project_id = 'p2'")
        for table in _tables(rows)
    }
    weeks = rows.one("SELECT count(*) FROM headcount_store.project_weeks WHERE project_id = 'p1'")
    assert delete("--project", "slug-p1") == {"builds": 9, "latest_builds": 4, "project_weeks": weeks, "poison_rows": 1}
    assert weeks > 0
    for table, left in other.items():
        assert rows.one(f"SELECT count(*) FROM headcount_store.{table} WHERE project_id = 'p1'") == 0, table
        assert rows.one(f"SELECT count(*) FROM headcount_store.{table} WHERE project_id = 'p2'") == left, table
    assert [event for (event,) in rows("SELECT event FROM headcount_store.poison_rows") if '"p1"' in event] == []
    assert rows.one("SELECT count(*) FROM headcount_store.poison_rows") == 1
    assert rows("SELECT producer, taken_back FROM headcount.ledger WHERE taken_back <> 0") == [("(delete)", 9)]
    assert rows("SELECT project_id FROM headcount.active_projects('10 years')") == [("p2",)]
    balanced()


def _tables(rows: Rows) -> list[str]:
    tables = [name for (name,) in rows(EVERYWHERE)]
    assert {"builds", "latest_builds", "project_weeks"} <= set(tables)
    return tables


@pytest.mark.parametrize("version", ["v1", "slug-v1"])
def test_a_version_is_gone_and_the_others_are_not(
    db: Database, rows: Rows, delete: Command, partition: Partition, version: str, balanced: Callable[[], None]
) -> None:
    events = [
        build_event(str(n), version=name, started_at=days_old(n)) for n, name in enumerate(["v1", "v1", "v2", None])
    ]
    for event in events:
        if event["version"] is not None:
            event["version"]["slug"] = f"slug-{event['version']['id']}"
    partition.apply(clean_record(0, events))
    weeks = rows.one("SELECT count(*) FROM headcount_store.project_weeks")
    assert delete("--project", "p1", "--version", version) == {
        "builds": 2,
        "latest_builds": 2,
        "project_weeks": 0,
        "poison_rows": 0,
    }
    assert rows("SELECT version_id FROM headcount_store.builds ORDER BY 1") == [("v2",), (None,)]
    assert rows("SELECT DISTINCT version_id FROM headcount_store.latest_builds") == [("v2",)]
    assert rows.one("SELECT count(*) FROM headcount_store.project_weeks") == weeks
    balanced()


def test_lists_that_only_it_had_go_with_the_daily_job(
    partition: Partition, rows: Rows, delete: Command, retention: Run
) -> None:
    partition.apply(clean_record(0, [build_event("1", started_at=days_old(1), user='{"only": "here"}')]))
    delete("--project", "p1")
    rows("UPDATE headcount_store.package_lists SET last_seen_on = '2026-01-01'")
    rows("UPDATE headcount_store.build_configs SET last_seen_on = '2026-01-01'")
    retention()
    assert rows.one("SELECT count(*) FROM headcount_store.package_lists") == 0
    assert rows.one("SELECT count(*) FROM headcount_store.build_configs") == 0


def test_a_build_that_comes_later_makes_rows_again(
    filled: Partition, rows: Rows, delete: Command, balanced: Callable[[], None]
) -> None:
    delete("--project", "p1")
    filled.apply(clean_record(1, [build_event("late", started_at=days_old(1))]))
    assert rows("SELECT build_id FROM headcount.latest_builds WHERE project_id = 'p1'") == [("late",)]
    assert delete("--project", "p1")["builds"] == 1
    balanced()


def test_an_id_goes_before_a_name_and_a_name_of_two_is_refused(
    partition: Partition, rows: Rows, delete: Command
) -> None:
    events = [build_event(str(n), project=name, started_at=days_old(n)) for n, name in enumerate(["kiln", "1", "2"])]
    for event in events[1:]:
        event["project"]["slug"] = "shared"
    events[0]["project"]["slug"] = "1"
    partition.apply(clean_record(0, events))
    error = delete.refused("--project", "shared")
    assert "1, 2" in error.do
    delete("--project", "1")
    assert rows("SELECT project_id FROM headcount_store.builds ORDER BY 1") == [("2",), ("kiln",)]


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("--project", "nobody"), "--project nobody"),
        (("--project", "p1", "--version", "none"), "--version none of project p1"),
    ],
)
def test_what_is_not_there_is_an_error_in_three_parts_and_nothing_is_deleted(
    filled: Partition, rows: Rows, delete: Command, words: tuple[str, ...], where: str
) -> None:
    error = delete.refused(*words)
    assert error.where == where
    assert "headcount query" in error.do
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 18


def test_a_project_of_which_only_poison_rows_are_left(
    filled: Partition, rows: Rows, delete: Command, balanced: Callable[[], None]
) -> None:
    poison = build_event("x", project="only", user="{")
    filled.apply(clean_record(1, [poison]))
    assert delete("--project", "only") == {"builds": 0, "latest_builds": 0, "project_weeks": 0, "poison_rows": 1}
    balanced()


def test_in_words(filled: Partition, delete: Command) -> None:
    assert delete.run("--project", "p2").output.splitlines()[0] == "builds: 9"


def test_sinks_go_on_while_somebody_deletes(db: Database, rows: Rows, balanced: Callable[[], None]) -> None:
    """Whoever comes second waits; nothing is lost, nothing is counted twice."""
    done = threading.Event()

    def write() -> int:
        writer = Writer(db.sink)
        partition = Partition(writer, 1)
        n = 0
        while not done.is_set():
            partition.apply(clean_record(n, [build_event(f"{n}-{k}", started_at=days_old(k)) for k in range(50)]))
            n += 1
        writer.close()
        return n * 50

    with connect(db.sink, application="test") as connection, ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        gone = sum(delete_rows(connection, "p1", None)["builds"] for _ in range(20))
        done.set()
        written = writing.result()
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == written - gone
    balanced()
