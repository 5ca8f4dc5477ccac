"""Sums of days: what changes a day takes its sums back, whoever does it; answers are the same without."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from headcount.postgres import connect
from sinks.sums import sum_days
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import DAY, SECOND, T0, build_event
from tests.integration.sink.test_views import Asking
from tests.kafka_topics import eventually
from tests.stack import Database

SUMMED = "SELECT count(*) FROM headcount_store.summed_days WHERE day = '2026-03-02'"


@pytest.fixture
def asking(db: Database) -> Iterator[Asking]:
    asking = Asking(db)
    yield asking
    asking.close()


def sum_all(db: Database) -> int:
    with connect(db.sink, application="test") as connection:
        return sum_days(connection)


def answers(asking: Asking) -> Any:
    (minutes,) = asking.ask("build_minutes")
    (step,) = asking.ask("step_seconds")
    return minutes["builds"], minutes["minutes"], step["times"], step["median_seconds"]


def timed(seconds: float) -> list[dict[str, Any]]:
    return [{"name": "install", "seconds": seconds, "exit_code": 0}]


def test_Q12_the_same_with_and_without_sums(asking: Asking, db: Database) -> None:
    asking.apply(
        *(build_event(str(n), started_at=T0 - n * DAY, steps=timed(10.0 * 2**n)) for n in range(4)),
        build_event("0", attempt=2, started_at=T0 - DAY, steps=timed(7.0)),
    )
    before = [asking.ask(name) for name in ("build_minutes", "step_seconds", "active_projects")]
    assert sum_all(db) > 3
    assert [asking.ask(name) for name in ("build_minutes", "step_seconds", "active_projects")] == before
    assert before[1][0]["median_seconds"] == 20.0
    assert before[2][0]["successful_builds"] == 4


def test_a_late_build_takes_the_sums_of_its_day_back(asking: Asking, db: Database, rows: Rows) -> None:
    asking.apply(build_event("1", steps=timed(10.0)))
    sum_all(db)
    assert rows.one(SUMMED) == 1
    asking.apply(build_event("2", started_at=T0 + SECOND, steps=timed(30.0)))
    assert rows.one(SUMMED) == 0
    late = answers(asking)
    assert late[0] == 2
    assert late[2:] == (2, 20.0)
    sum_all(db)
    assert answers(asking) == late


def test_a_replaced_build_and_a_removed_one_take_them_back_too(asking: Asking, db: Database, rows: Rows) -> None:
    asking.apply(
        build_event("1", steps=timed(10.0), statuses={"python": "error"}),
        build_event("2", started_at=T0 + SECOND, steps=[]),
    )
    sum_all(db)
    asking.apply(build_event("1", steps=timed(50.0)))  # the same attempt, and more is known
    assert rows.one(SUMMED) == 0
    assert answers(asking)[2:] == (1, 50.0)
    sum_all(db)
    assert answers(asking)[2:] == (1, 50.0)
    rows("DELETE FROM headcount_store.builds WHERE build_id = '2'")
    assert rows.one(SUMMED) == 0
    assert answers(asking)[0] == 1


def test_nothing_of_a_removed_project_waits_to_be_summed_again(asking: Asking, db: Database, rows: Rows) -> None:
    asking.apply(build_event("1"), build_event("1", attempt=2, started_at=T0 + SECOND), build_event("2", project="p2"))
    sum_all(db)
    rows("DELETE FROM headcount_store.builds WHERE project_id = 'p1'")
    assert rows("SELECT DISTINCT project_id FROM headcount_store.project_days") == [("p2",)]
    assert rows("SELECT * FROM headcount_store.build_reruns") == []


def test_a_flag_applies_to_summed_days_at_once(asking: Asking, db: Database, rows: Rows) -> None:
    asking.apply(build_event("1", steps=timed(10.0)), build_event("2", project="spam", steps=timed(90.0)))
    sum_all(db)
    rows("INSERT INTO headcount_store.project_flags (project_id, flag) VALUES ('spam', 'spam')")
    assert answers(asking)[2:] == (1, 10.0)
    assert [row["project_id"] for row in asking.ask("active_projects")] == ["p1"]
    rows("DELETE FROM headcount_store.project_flags")
    assert asking.ask("step_seconds")[0]["times"] == 2


def test_a_day_is_summed_only_after_who_changes_it(asking: Asking, db: Database, rows: Rows) -> None:
    asking.apply(build_event("1", steps=timed(10.0)))
    columns = rows.one(
        "SELECT string_agg(format('%%I', attname), ', ') FROM pg_attribute"
        " WHERE attrelid = 'headcount_store.builds'::regclass AND attnum > 0 AND attname NOT IN ('build_id', 'started_at')"
    )
    with connect(db.sink, application="test") as changing:
        changing.execute(
            f"INSERT INTO headcount_store.builds (build_id, started_at, {columns})"
            f" SELECT '2', started_at + interval '1 second', {columns} FROM headcount_store.builds".encode()
        )
        thread = threading.Thread(target=sum_all, args=(db,))
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        eventually(lambda: rows.one(waiting), is_right=lambda count: count == 1)
        changing.commit()
        thread.join()
    assert rows.one(SUMMED) == 1
    assert answers(asking)[2] == 2
    assert rows.one("SELECT attempts FROM headcount_store.project_days") == 2


def test_builds_of_three_years_in_one_batch(asking: Asking, db: Database, rows: Rows) -> None:
    events = [build_event(str(n), started_at=T0 - n * DAY) for n in range(0, 1100, 4)]
    asking.apply(*events)
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == len(events)
    sum_all(db)
    assert sum(row["builds"] for row in asking.ask("build_minutes", window="4 years")) == len(events)


def test_sums_go_with_the_builds(asking: Asking, db: Database, rows: Rows) -> None:
    asking.apply(
        build_event("1", started_at=T0 - 60 * DAY),
        build_event("1", attempt=2, started_at=T0 - 59 * DAY),
        build_event("2"),
    )
    sum_all(db)
    rows("SELECT headcount_store.drop_builds_month('2026-01-01', '2026-02-15', 10)")
    sum_all(db)
    for table in ("summed_days", "project_days", "step_days"):
        assert rows.one(f"SELECT min(day)::text FROM headcount_store.{table}") == "2026-03-02", table
    assert rows("SELECT * FROM headcount_store.build_reruns") == []


def test_numbers_that_are_no_durations_are_summed(asking: Asking, db: Database) -> None:
    asking.apply(
        *(
            build_event(str(n), started_at=T0 + n, steps=timed(seconds))
            for n, seconds in enumerate((0.0, 1e300, -1.0, 5.0))
        )
    )
    before = asking.ask("step_seconds")
    sum_all(db)
    assert asking.ask("step_seconds") == before
    assert before[0]["times"] == 4


def test_B34_the_reader_sees_no_sums(db: Database) -> None:
    with connect(db.reader, application="test") as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute(b"SELECT * FROM headcount_store.project_days")
