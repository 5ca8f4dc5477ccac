"""Builds past are gone after one run, however long it did not run; who reads and writes goes on meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from headcount.postgres import connect
from sinks.retention import builds as builds_of
from sinks.writer import Writer
from tests.integration.retention.conftest import NOW, Run
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database


def micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def days_old(days: float) -> int:
    return micros(NOW - timedelta(days=days))


MONTHS = "SELECT month::text FROM headcount_store.builds_months() AS month"
KEPT = "SELECT build_id FROM headcount_store.builds ORDER BY started_at"


def test_B38_a_row_of_181_days_and_one_of_3_years_are_both_gone_after_one_run(
    partition: Partition, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    ages = {"3y": 3 * 365, "400": 400, "181": 181, "179": 179, "1": 1}
    events = [build_event(name, started_at=days_old(age)) for name, age in ages.items()]
    partition.apply(clean_record(0, events, received_at=micros(NOW)))
    assert retention().is_done
    assert rows(KEPT) == [("179",), ("1",)]
    assert rows("SELECT producer, expired FROM headcount.ledger WHERE expired <> 0") == [("(retention)", 3)]
    assert retention.sample("headcount_retention_rows_total", table="builds") == 3
    balanced()


def test_B38_whole_utc_days_are_kept(partition: Partition, rows: Rows, retention: Run) -> None:
    first = datetime(2026, 5, 28, tzinfo=UTC)  # 180 days before the day of NOW
    events = [
        build_event("last-past", started_at=micros(first) - 1),
        build_event("first-kept", started_at=micros(first)),
    ]
    partition.apply(clean_record(0, events, received_at=micros(NOW)))
    retention()
    assert rows(KEPT) == [("first-kept",)]


def test_S5_months_wholly_past_are_dropped_and_the_next_one_is_made_a_week_ahead(
    partition: Partition, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    """As if the job had not run for months."""
    events = [build_event(str(age), started_at=days_old(age)) for age in range(0, 360, 3)]
    partition.apply(clean_record(0, events, received_at=micros(NOW)))
    assert len(rows(MONTHS)) == 12
    retention()
    # The oldest kept month is May: some of its days are past, so it stays.
    months = [
        "2026-05-01",
        "2026-06-01",
        "2026-07-01",
        "2026-08-01",
        "2026-09-01",
        "2026-10-01",
        "2026-11-01",
        "2026-12-01",
    ]
    assert [month for (month,) in rows(MONTHS)] == months
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 61
    balanced()


def test_S5_twice_changes_nothing_more(
    partition: Partition, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    partition.apply(clean_record(0, [build_event(str(age), started_at=days_old(age)) for age in range(150, 250, 5)]))
    retention()
    tables = (
        "SELECT (SELECT count(*) FROM headcount_store.builds), (SELECT sum(expired) FROM headcount_store.ledger_rows)"
    )
    before = rows(tables)
    assert retention().is_done
    assert rows(tables) == before
    balanced()


def test_B38_a_late_event_for_a_dropped_month_is_added_and_goes_with_the_next_run(
    partition: Partition, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    """The writer's session is older than the drop; nothing that it remembers may be in the way."""
    partition.apply(clean_record(0, [build_event("early", started_at=days_old(300))]))
    retention()
    late = [build_event("late", started_at=days_old(300)), build_event("now", started_at=days_old(0))]
    applied = partition.apply(clean_record(1, late, received_at=micros(NOW)))
    assert (applied.added, applied.poison) == (2, 0)
    retention()
    assert rows(KEPT) == [("now",)]
    assert rows.one("SELECT sum(expired) FROM headcount_store.ledger_rows") == 2
    balanced()


def test_B38_a_reader_of_the_month_does_not_keep_its_rows(
    db: Database, partition: Partition, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    """Its lock cannot be had, so the rows are deleted instead; the empty month goes when nobody reads it any more."""
    partition.apply(clean_record(0, [build_event(str(n), started_at=days_old(300)) for n in range(3)]))
    with connect(db.owner, application="test") as reader:
        reader.execute("SELECT count(*) FROM headcount_store.builds")
        assert retention().is_done
        assert rows(KEPT) == []
        assert "2026-01-01" in [month for (month,) in rows(MONTHS)]
        assert reader.execute("SELECT count(*) FROM headcount_store.builds").fetchone() == (0,)
    retention()
    assert "2026-01-01" not in [month for (month,) in rows(MONTHS)]
    balanced()


def test_B38_a_writer_and_a_reader_go_on_while_months_and_days_go(
    db: Database, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    loader = Writer(db.sink)
    first = Partition(loader, 0)
    for month in range(12):
        events = [build_event(f"{month}-{n}", started_at=days_old(365 - month * 15 - n / 50)) for n in range(200)]
        first.apply(clean_record(month, events, received_at=micros(NOW)))
    loader.close()
    done = threading.Event()
    written: list[int] = []
    read: list[int] = []

    def write() -> None:
        writer = Writer(db.sink)
        partition = Partition(writer, 1)
        while not done.is_set() or not written:
            # Old and new together: also into months that are being dropped.
            n = len(written)
            events = [build_event(f"w{n}-{age}", started_at=days_old(age)) for age in (0, 200, 330)]
            applied = partition.apply(clean_record(n, events, received_at=micros(NOW)))
            assert (applied.added, applied.poison) == (3, 0)
            written.append(n)
        writer.close()

    def read_on() -> None:
        with connect(db.reader, application="test", options="-c statement_timeout=10s", autocommit=True) as reader:
            while not done.is_set() or not read:
                found = reader.execute("SELECT count(*) FROM headcount.active_projects()").fetchone()
                assert found is not None
                read.append(found[0])

    with ThreadPoolExecutor(2) as threads:
        working = [threads.submit(work) for work in (write, read_on)]
        retention()
        done.set()
    for work in working:
        work.result()
    assert written
    assert read
    retention()
    assert rows.one("SELECT count(*) FROM headcount_store.builds WHERE started_at < %s", NOW - timedelta(days=181)) == 0
    assert rows.one("SELECT count(*) FROM headcount_store.builds WHERE build_id LIKE 'w%%-0'") == len(written)
    balanced()


def test_two_sinks_at_once_do_it_once(
    db: Database, partition: Partition, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    partition.apply(clean_record(0, [build_event(str(age), started_at=days_old(age)) for age in range(100, 300)]))
    runs = [threading.Thread(target=Run(db.sink)) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    retention()
    assert rows.one("SELECT sum(expired) FROM headcount_store.ledger_rows") == 119
    balanced()


def test_a_month_that_is_not_past_is_not_dropped(db: Database, partition: Partition, rows: Rows) -> None:
    partition.apply(clean_record(0, [build_event("1", started_at=days_old(0))]))
    drop = "SELECT headcount_store.drop_builds_month('2026-11-01', '2026-11-30', 100)"
    with connect(db.sink, application="test") as connection, pytest.raises(Exception, match="not wholly before"):
        connection.execute(drop.encode())
    assert rows(KEPT) == [("1",)]


def test_a_run_ends_early_when_the_process_is_to_end_and_the_next_one_does_the_rest(
    db: Database, partition: Partition, rows: Rows
) -> None:
    events = [build_event(str(age), started_at=days_old(age)) for age in (181, 182, 183)]
    partition.apply(clean_record(0, events))
    with connect(db.sink, application="test") as connection:
        before = (NOW - timedelta(days=180)).date()
        assert builds_of.expire_builds(connection, before, None, wait=lambda _: True) == (1, 0)
        assert builds_of.expire_builds(connection, before, None, wait=lambda _: False) == (2, 0)
    assert rows(KEPT) == []
