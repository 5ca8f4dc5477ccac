"""With an archive nothing is dropped that has not been written, read back and found whole."""

import gzip
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headcount.postgres import connect
from sinks.daily import HOUR_SECONDS, Daily
from tests.integration.retention.conftest import NOW, Run
from tests.integration.retention.test_builds import KEPT, days_old, micros
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database


def archived(folder: Path, table: str) -> list[dict[str, Any]]:
    lines = []
    for path in sorted(folder.glob(f"{table}-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines += [json.loads(line) for line in file]
    return lines


def ids(folder: Path) -> list[str]:
    return sorted(row["build_id"] for row in archived(folder, "builds"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archive"
    made.mkdir()
    return made


def test_B45_rows_are_in_the_archive_and_then_gone(
    partition: Partition, rows: Rows, retention: Run, folder: Path, balanced: Callable[[], None]
) -> None:
    odd = build_event("odd", started_at=days_old(200), user='{"a": "back\\\\slash \\"quoted\\" \\n ü"}')
    odd["project"]["slug"] = 'tab\t back\\slash "q" ü'
    events = [odd, *(build_event(str(age), started_at=days_old(age)) for age in (0, 179, 181, 200, 1000))]
    partition.apply(clean_record(0, events, received_at=micros(NOW)))
    before = dict(rows("SELECT build_id, row_to_json(builds) FROM headcount_store.builds"))
    assert retention(archive=folder).is_done
    assert rows(KEPT) == [("179",), ("0",)]
    assert ids(folder) == ["1000", "181", "200", "odd"]
    # Whole rows, as they were.
    assert {row["build_id"]: row for row in archived(folder, "builds")} == {
        name: row for name, row in before.items() if name in ("odd", "181", "200", "1000")
    }
    assert sorted(path.name for path in folder.iterdir()) == [
        f"builds-{(NOW - timedelta(days=age)).date()}.jsonl.gz" for age in (1000, 200, 181)
    ]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert retention.sample("headcount_archived_rows_total", table="builds") == 4
    # Emptied months go too.
    assert rows.one("SELECT min(month)::text FROM headcount_store.builds_months() AS month") == "2026-05-01"
    balanced()


@pytest.mark.parametrize("what", ["gone", "a file", "read-only"])
def test_B45_nothing_is_dropped_where_the_archive_cannot_be_written(
    db: Database,
    partition: Partition,
    rows: Rows,
    retention: Run,
    tmp_path: Path,
    what: str,
    balanced: Callable[[], None],
) -> None:
    folder = tmp_path / "archive"
    if what == "a file":
        folder.write_text("")
    elif what == "read-only":
        # Root may write anywhere; what it cannot do is to make a file where a folder has the name.
        day = (NOW - timedelta(days=200)).date()
        (folder / f".builds-{day}.jsonl.gz.partial").mkdir(parents=True)
    partition.apply(clean_record(0, [build_event(str(age), started_at=days_old(age)) for age in (0, 200)]))
    assert not retention(archive=folder).is_done
    assert rows(KEPT) == [("200",), ("0",)]
    assert retention.sample("headcount_retention_failures_total", step="builds") == 1
    assert retention.sample("headcount_retention_timestamp_seconds") == 0
    balanced()


def test_B45_a_failed_archive_is_tried_again_within_the_hour(
    db: Database, partition: Partition, tmp_path: Path
) -> None:
    partition.apply(clean_record(0, [build_event("old", started_at=days_old(200))]))
    run = Run(db.sink)
    daily = Daily(
        list,
        run.metrics,
        retention=lambda now: run(now, archive=tmp_path / "gone"),
        stopping=threading.Event(),
        now=lambda: NOW,
    )
    assert daily.run_once() == HOUR_SECONDS


def test_B45_a_run_that_died_between_the_file_and_the_drop_is_repeated_without_a_second_copy(
    partition: Partition, rows: Rows, retention: Run, folder: Path, tmp_path: Path
) -> None:
    partition.apply(clean_record(0, [build_event(str(n), started_at=days_old(200)) for n in range(3)]))
    rows("CREATE TABLE headcount_store.saved AS SELECT * FROM headcount_store.builds")
    retention(archive=folder)
    # The drop did not happen after all, and one more came late.
    rows("SELECT headcount_store.ensure_builds_month(%s)", (NOW - timedelta(days=200)).date())
    rows("INSERT INTO headcount_store.builds SELECT * FROM headcount_store.saved")
    rows("DROP TABLE headcount_store.saved")
    partition.apply(clean_record(1, [build_event("late", started_at=days_old(200))]))
    (folder / f".builds-{(NOW - timedelta(days=200)).date()}.jsonl.gz.partial").write_bytes(b"half a file")
    retention(archive=folder)
    assert ids(folder) == ["0", "1", "2", "late"]
    assert len(list(folder.iterdir())) == 2
    assert rows(KEPT) == []


def test_B45_an_archive_that_does_not_read_is_no_archive(
    partition: Partition, rows: Rows, retention: Run, folder: Path
) -> None:
    day = (NOW - timedelta(days=200)).date()
    (folder / f"builds-{day}.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\n' * 1000)[:40])
    partition.apply(clean_record(0, [build_event("old", started_at=days_old(200))]))
    assert not retention(archive=folder).is_done
    assert rows(KEPT) == [("old",)]


def test_B45_lists_configurations_and_weeks_are_archived_too(
    partition: Partition, rows: Rows, retention: Run, folder: Path
) -> None:
    event = build_event("old", started_at=days_old(3 * 370), user='{"version": 2, "b": 1}')
    partition.apply(clean_record(0, [event], received_at=micros(NOW)))
    rows("UPDATE headcount_store.package_lists SET last_seen_on = '2026-01-01'")
    rows("UPDATE headcount_store.build_configs SET last_seen_on = '2026-01-01'")
    hashes = dict(rows("SELECT encode(hash, 'hex'), ecosystem FROM headcount_store.package_lists"))
    retention(archive=folder)
    retention(archive=folder)
    for table in ("builds", "latest_builds", "project_weeks", "package_lists", "build_configs"):
        assert rows.one(f"SELECT count(*) FROM headcount_store.{table}") == 0
    lists = archived(folder, "package_lists")
    assert {row["hash"]: row["ecosystem"] for row in lists} == hashes
    pip = next(row for row in lists if len(row["items"]) == 2)
    assert pip["items"] == [{"name": "docutils", "version": "0.21.2"}, {"name": "sphinx", "version": "8.1.3"}]
    assert {"version": 2, "b": 1} in [row["body"] for row in archived(folder, "build_configs")]
    weeks = archived(folder, "project_weeks")
    assert {"kind": "python", "value": "CPython", "detail": "3.12"}.items() <= next(
        row for row in weeks if row["kind"] == "python"
    ).items()
    # What a week refers to can be found in the archive of lists.
    assert {row["list_hash"] for row in weeks if row["list_hash"]} <= set(hashes)


def test_B45_a_row_that_changes_while_it_is_archived_is_archived_as_it_goes(
    db: Database, partition: Partition, rows: Rows, retention: Run, folder: Path
) -> None:
    """A late event of the same attempt wins the tie while the file is written: the new row is archived as well."""
    partition.apply(clean_record(0, [build_event("1", started_at=days_old(200), statuses={"os": "error"})]))
    with connect(db.owner, application="test") as meddler:
        meddler.execute("UPDATE headcount_store.builds SET event_id = 'f'")
        done = threading.Thread(target=retention, kwargs={"archive": folder})
        done.start()
        blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with connect(db.owner, application="watch", autocommit=True) as watch:
            while watch.execute(blocked.encode()).fetchone() == (0,):
                assert done.is_alive()
        meddler.commit()
    done.join()
    assert rows(KEPT) == []
    assert "f" in [row["event_id"] for row in archived(folder, "builds")]
