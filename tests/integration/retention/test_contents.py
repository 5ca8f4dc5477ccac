"""Lists and configurations go when nothing refers to them, weeks after three years, and the ledger keeps its sums."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from headcount.postgres import connect
from sinks.statements import statement
from tests.integration.retention.conftest import NOW, Run
from tests.integration.retention.test_builds import KEPT, days_old, micros
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import HOUR, build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database

LISTS = "SELECT count(*) FROM headcount_store.package_lists"
ORPHANS = """
SELECT count(*) FROM headcount_store.package_list_items
WHERE list_id NOT IN (SELECT list_id FROM headcount_store.package_lists)
"""
CONFIGS = "SELECT count(*) FROM headcount_store.build_configs"
UNSEEN = (
    "UPDATE headcount_store.package_lists SET last_seen_on = %s",
    "UPDATE headcount_store.build_configs SET last_seen_on = %s",
)


def unsee(rows: Rows, day: datetime = NOW - timedelta(days=1)) -> None:
    """As if no build had them today."""
    for forget in UNSEEN:
        rows(forget, day.date())


def only(rows: Rows, *kept: str) -> None:
    """Leave only some of what refers to lists."""
    for table in {"builds", "latest_builds", "project_weeks"} - set(kept):
        rows(f"DELETE FROM headcount_store.{table}")


def test_K2_a_configuration_without_a_reference_goes_with_the_daily_job(
    partition: Partition, rows: Rows, retention: Run
) -> None:
    partition.apply(clean_record(0, [build_event("1", started_at=days_old(1))]))
    unsee(rows)
    retention()
    assert rows.one(CONFIGS) == 2
    only(rows, "latest_builds")
    retention()
    assert rows.one(CONFIGS) == 2
    only(rows)
    retention()
    assert rows.one(CONFIGS) == 0


@pytest.mark.parametrize(("kept", "left"), [("builds", 3), ("latest_builds", 6), ("project_weeks", 3)])
def test_S5_a_list_goes_when_neither_builds_nor_latest_rows_nor_weeks_refer_to_it(
    partition: Partition, rows: Rows, retention: Run, kept: str, left: int
) -> None:
    partition.apply(
        clean_record(0, [build_event("1", started_at=days_old(1), conda=(("pandoc", "3.1", "conda-forge"),))])
    )
    unsee(rows)
    # pip and apt installed, conda; pip declared and root; an empty one of apt.
    assert rows.one(LISTS) == 6
    only(rows, kept)
    retention()
    assert rows.one(LISTS) == left
    assert rows.one(ORPHANS) == 0
    only(rows)
    retention()
    assert rows.one(LISTS) == 0


def test_S5_what_was_seen_today_stays(partition: Partition, rows: Rows, retention: Run) -> None:
    partition.apply(clean_record(0, [build_event("1", started_at=days_old(1))]))
    unsee(rows, NOW)
    only(rows)
    retention()
    assert rows.one(LISTS) == 6
    # Just after midnight a transaction of the evening may still be under way.
    retention(datetime(2026, 11, 25, 0, 59, tzinfo=UTC))
    assert rows.one(LISTS) == 6
    retention(datetime(2026, 11, 25, 1, 1, tzinfo=UTC))
    assert rows.one(LISTS) == 0


@pytest.mark.parametrize("is_committed", [True, False])
def test_S5_a_sink_that_is_about_to_use_a_list_keeps_it(
    db: Database, partition: Partition, rows: Rows, retention: Run, is_committed: bool
) -> None:
    """Its transaction has noted the day and is not over: the job waits for it, and looks again."""
    partition.apply(clean_record(0, [build_event("1", started_at=days_old(1))]))
    unsee(rows)
    only(rows)
    hash_, ecosystem, packages = rows("SELECT hash, ecosystem, packages FROM headcount_store.package_lists LIMIT 1")[0]
    with connect(db.sink, application="test") as sink, ThreadPoolExecutor(1) as threads:
        sink.execute(statement("new_lists"), ([hash_], [ecosystem], [packages]))
        sink.execute(b"UPDATE headcount_store.package_lists SET last_seen_on = %s WHERE hash = %s", (NOW.date(), hash_))
        running = threads.submit(retention)
        with connect(db.owner, application="watch", autocommit=True) as watch:
            while watch.execute(b"SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
                assert not running.done()
        if is_committed:
            sink.commit()
        else:
            sink.rollback()
        running.result()
    assert rows("SELECT hash FROM headcount_store.package_lists") == ([(hash_,)] if is_committed else [])
    assert rows.one(ORPHANS) == 0


def test_S5_a_list_that_comes_back_after_it_was_removed_is_whole(
    partition: Partition, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    partition.apply(clean_record(0, [build_event("1", started_at=days_old(200))]))
    unsee(rows)
    rows("DELETE FROM headcount_store.latest_builds")
    rows("DELETE FROM headcount_store.project_weeks")
    retention()
    assert rows.one(LISTS) == 0
    assert rows.one("SELECT count(*) FROM headcount_store.package_list_items") == 0
    partition.apply(clean_record(1, [build_event("again", started_at=days_old(1))]))
    balanced()
    unsee(rows)
    retention()
    assert rows.one(LISTS) == 6
    balanced()


def test_S5_weeks_are_kept_three_years(partition: Partition, rows: Rows, retention: Run) -> None:
    events = [build_event(str(age), started_at=days_old(age)) for age in (0, 400, 1090, 1110, 1500)]
    partition.apply(clean_record(0, events, received_at=micros(NOW)))
    retention()
    weeks = rows("SELECT DISTINCT week::text FROM headcount_store.project_weeks ORDER BY 1")
    assert [week for (week,) in weeks] == ["2023-11-27", "2025-10-20", "2026-11-23"]
    assert rows(KEPT) == [("0",)]
    series = "SELECT week::text, python, projects FROM headcount.python_projects_weekly('3 years', %s)"
    assert rows(series, NOW) == [("2023-11-27", "3.12", 1), ("2025-10-20", "3.12", 1), ("2026-11-23", "3.12", 1)]


def test_B42_flagged_today_gone_from_past_weeks_whose_builds_are_gone_as_well(
    partition: Partition, rows: Rows, retention: Run
) -> None:
    events = [build_event(f"{name}{age}", project=name, started_at=days_old(age)) for name in "ab" for age in (0, 300)]
    partition.apply(clean_record(0, events, received_at=micros(NOW)))
    retention()
    count = "SELECT projects FROM headcount.package_projects_weekly('sphinx', '1 year', %s)"
    assert rows(count, NOW) == [(2,), (2,)]
    rows("INSERT INTO headcount.project_flags (project_id, flag) VALUES ('a', 'spam')")
    assert rows(count, NOW) == [(1,), (1,)]
    assert rows("SELECT active_projects FROM headcount.adoption_weekly('{sphinx}', '1 year', %s)", NOW) == [(1,), (1,)]
    rows("DELETE FROM headcount.project_flags")
    assert rows(count, NOW) == [(2,), (2,)]


def test_latest_rows_of_400_days_are_retired(partition: Partition, rows: Rows, retention: Run) -> None:
    events = [build_event(str(age), version=f"v{age}", started_at=days_old(age)) for age in (10, 399, 402)]
    partition.apply(clean_record(0, events, received_at=micros(NOW)))
    retention()
    assert rows("SELECT version_id FROM headcount.latest_builds ORDER BY started_at") == [("v399",), ("v10",)]


def test_the_ledgers_detail_goes_after_400_days_and_its_sums_stay(
    partition: Partition, rows: Rows, retention: Run, balanced: Callable[[], None]
) -> None:
    start = days_old(500)
    for offset in range(12):
        events = [build_event(f"{offset}-{n}", started_at=start) for n in range(3)]
        record = clean_record(
            offset,
            events,
            received_at=start + offset * HOUR,
            producer_id=f"{offset:032x}",
            handed_over=5,
            received=4,
            dropped=1,
            refused={"kind": 1},
        )
        partition.apply(record)
    poison = build_event("poison", started_at=1 << 62)
    partition.apply(clean_record(12, [build_event("now", started_at=days_old(0)), poison], received_at=micros(NOW)))
    rows("UPDATE headcount_store.poison_rows SET kept_at = %s", NOW - timedelta(days=401))
    columns = ("handed_over", "dropped", "received", "accepted", "refused", "added")
    sums = f"SELECT {', '.join(f'sum({column})' for column in columns)} FROM headcount.ledger"
    before = rows(sums)
    retention()
    retention()
    assert rows(sums) == before
    past = rows("SELECT producer, hour::date::text, handed_over, refused FROM headcount.ledger ORDER BY hour LIMIT 1")
    assert past == [("(past)", "2025-07-01", 60, 12)]
    assert rows.one("SELECT count(*) FROM headcount.ledger") == 3  # that one, today's, and retention's own
    assert rows("SELECT producer, reason, events FROM headcount.refusals") == [("(past)", "kind", 12)]
    assert rows.one("SELECT count(*) FROM headcount_store.poison_rows") == 0
    balanced()
