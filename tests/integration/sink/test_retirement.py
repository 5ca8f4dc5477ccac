"""L7, L8 in Postgres: rows go by marks, in any order, over partitions and sinks, and by age."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headcount.postgres import connect, translated
from sinks.builds import retire
from sinks.builds.facts import place
from sinks.builds.marks import lock_latest
from sinks.builds.retire import forget_old_marks, retire_stale_latest
from sinks.checks import run_checks
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import DAY, HOUR, SECOND, T0, build_event, clean_record, retirement
from tests.integration.sink.test_latest import LATEST
from tests.integration.sink.writing import Partition
from tests.kafka_topics import eventually
from tests.stack import Database

KEYS = "SELECT project_id, version_id, successful, build_id FROM headcount_store.latest_builds ORDER BY 1, 2, 3"


@pytest.fixture
def open_writer(db: Database) -> Iterator[Callable[[], Writer]]:
    opened: list[Writer] = []

    def one() -> Writer:
        opened.append(Writer(db.sink))
        return opened[-1]

    yield one
    for writer in opened:
        writer.close()


@pytest.fixture
def partition(open_writer: Callable[[], Writer]) -> Partition:
    return Partition(open_writer())


def assert_balanced(writer: Writer, rows: Rows) -> None:
    assert rows.one("SELECT coalesce(sum(difference), 0) FROM headcount.ledger") == 0
    assert [check for check in run_checks(writer.connection) if check.difference] == []


def test_L2_B36_two_rows_a_version_by_the_same_rule(partition: Partition, rows: Rows) -> None:
    partition.apply(
        clean_record(
            0,
            [
                build_event("3", started_at=T0 + 2 * SECOND, success=False),
                build_event("1", started_at=T0),
                build_event("2", started_at=T0 + SECOND),
                build_event("4", version="v2", success=False),
            ],
        )
    )
    views = {
        view: rows(f"SELECT version_id, build_id, success FROM headcount.{view} ORDER BY version_id")
        for view in ("latest_builds", "latest_successful_builds")
    }
    assert views == {
        "latest_builds": [("v1", "3", False), ("v2", "4", False)],
        "latest_successful_builds": [("v1", "2", True)],
    }


def test_L7_a_version_leaves_every_view_of_latest_rows_and_the_series_keeps_it(
    partition: Partition, rows: Rows
) -> None:
    partition.apply(clean_record(0, [build_event("1"), build_event("2", version="v2")]))
    partition.apply(clean_record(1, [retirement(at=T0 + SECOND)]))
    for view in ("latest_builds", "latest_successful_builds", "latest_packages", "build_documents"):
        assert rows(f"SELECT DISTINCT version_id FROM headcount.{view}") == [("v2",)], view
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 2
    assert rows("SELECT accepted, added, kept_without_fact FROM headcount.ledger") == [(3, 2, 1)]
    assert_balanced(partition.writer, rows)


def test_L7_a_late_build_stays_out_and_a_later_one_comes_in(partition: Partition, rows: Rows) -> None:
    partition.apply(clean_record(0, [retirement(at=T0 + SECOND)]))
    partition.apply(clean_record(1, [build_event("1"), build_event("2", started_at=T0 + SECOND)]))
    assert rows(KEYS) == []
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 2
    partition.apply(clean_record(2, [build_event("3", started_at=T0 + SECOND + 1)]))
    partition.apply(clean_record(3, [retirement(at=T0)]))
    assert rows(KEYS) == [("p1", "v1", False, "3"), ("p1", "v1", True, "3")]
    assert_balanced(partition.writer, rows)


def test_L7_later_facts_stay_without_the_parts_that_were_known_before(partition: Partition, rows: Rows) -> None:
    dead = dict.fromkeys(("pip_all", "python", "config_user"), "missing")
    partition.apply(
        clean_record(0, [build_event("1"), build_event("2", started_at=T0 + 2 * SECOND, success=False, statuses=dead)])
    )
    partition.apply(clean_record(1, [retirement(at=T0 + SECOND)]))
    assert rows(
        "SELECT build_id, python_version, python_known_build_id, pip_all_hash, config_user_hash, os_known_build_id"
        " FROM headcount_store.latest_builds"
    ) == [("2", None, None, None, None, "2")]


def test_L7_a_project_goes_with_all_versions_over_partitions_and_sinks(
    open_writer: Callable[[], Writer], rows: Rows
) -> None:
    one, other = Partition(open_writer(), 0), Partition(open_writer(), 1)
    one.apply(clean_record(0, [build_event("1"), build_event("9", project="p2")]))
    other.apply(clean_record(0, [build_event("2", version="v2"), build_event("3", version="v3", started_at=T0 + HOUR)]))
    one.apply(clean_record(1, [retirement(version=None, at=T0 + SECOND)]))
    left = [("p1", "v3", False, "3"), ("p1", "v3", True, "3"), ("p2", "v1", False, "9"), ("p2", "v1", True, "9")]
    assert rows(KEYS) == left
    other.apply(clean_record(1, [build_event("4", version="v2"), build_event("5", version="v4")]))
    assert rows(KEYS) == left
    other.apply(clean_record(2, [retirement(version=None, at=T0 + SECOND)]))
    assert rows(KEYS) == left
    assert rows.one("SELECT count(*) FROM headcount_store.retirements") == 2
    assert_balanced(one.writer, rows)


def test_L7_a_poison_row_beside_it_changes_nothing(partition: Partition, rows: Rows) -> None:
    events = [
        build_event("1"),
        build_event("2", version="v2"),
        build_event("3", user="{"),
        retirement(at=T0),
        retirement("p1", "v9", at=10**18),
        build_event("4", started_at=T0 - 1),
        build_event("5", project="p\0"),
        retirement(version=None, project="p3", at=T0),
        build_event("6", project="p3"),
    ]
    applied = partition.apply(clean_record(0, events))
    assert (applied.added, applied.poison) == (4, 3)
    assert rows(KEYS) == [("p1", "v2", False, "2"), ("p1", "v2", True, "2")]
    assert_balanced(partition.writer, rows)


builds = st.builds(
    lambda build, version, success, at, python: build_event(
        str(build),
        version=version,
        success=success,
        started_at=T0 + at * SECOND,
        statuses={"python": python, "pip_all": "ok" if build % 2 else "error"},
    ),
    st.integers(1, 4),
    st.sampled_from(["v1", "v2"]),
    st.booleans(),
    st.integers(0, 4),
    st.sampled_from(["ok", "empty", "missing"]),
)
retirements = st.builds(
    lambda version, at: retirement(version=version, at=T0 + at * SECOND),
    st.sampled_from(["v1", "v2", None]),
    st.integers(-1, 4),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(builds, max_size=5), retired=st.lists(retirements, min_size=1, max_size=3), data=st.data())
def test_L7_any_order_and_grouping_gives_the_rows_of_the_builds_that_are_left(
    db: Database, rows: Rows, made: list[Any], retired: list[Any], data: st.DataObject
) -> None:
    def alive(event: Any) -> bool:
        marks = [
            one["build"]["started_at"]
            for one in retired
            if one["version"] is None or one["version"]["id"] == event["version"]["id"]
        ]
        return all(event["build"]["started_at"] > mark for mark in marks)

    expected = apply_grouped(db, rows, [[event for event in made if alive(event)]])
    order = data.draw(st.permutations(made + retired + retired[:1]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))
    groups = [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    assert apply_grouped(db, rows, groups) == expected


def apply_grouped(db: Database, rows: Rows, groups: list[list[Any]]) -> list[Any]:
    for table in ("latest_builds", "builds", "positions", "ledger_rows", "retirements"):
        rows(f"TRUNCATE headcount_store.{table}")
    writer = Writer(db.sink)
    partitions = [Partition(writer, number) for number in range(2)]
    for number, group in enumerate(groups):
        partitions[number % 2].apply(clean_record(number // 2, group))
    writer.close()
    return rows(LATEST)


@pytest.mark.parametrize("first_retires", [False, True])
def test_L7_of_two_sinks_at_once_the_later_sees_the_earlier(
    open_writer: Callable[[], Writer], rows: Rows, first_retires: bool
) -> None:
    build, retired = clean_record(0, [build_event("1")]), clean_record(0, [retirement(version=None, at=T0)])
    first, second = (retired, build) if first_retires else (build, retired)
    slow, other = open_writer(), Partition(open_writer(), 1)
    events = Partition(slow, 0).batch(first).events
    with translated(), slow.connection.transaction(), slow.connection.cursor(binary=True) as cursor:
        lock_latest(cursor, events)
        place(cursor, events)
        thread = threading.Thread(target=other.apply, args=(second,))
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        assert eventually(lambda: rows.one(waiting), is_right=bool) == 1
    thread.join()
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 1
    assert rows(KEYS) == []


def test_L7_two_sinks_that_retire_nothing_do_not_wait_for_each_other(
    open_writer: Callable[[], Writer], rows: Rows
) -> None:
    slow, other = open_writer(), Partition(open_writer(), 1)
    events = Partition(slow, 0).batch(clean_record(0, [build_event("1")])).events
    with translated(), slow.connection.transaction(), slow.connection.cursor(binary=True) as cursor:
        lock_latest(cursor, events)
        other.apply(clean_record(0, [build_event("2", version="v2")]))
    assert len(rows(KEYS)) == 2


AS_OF = datetime(2027, 6, 1, tzinfo=UTC)
NOW = int(AS_OF.timestamp()) * SECOND


def test_L8_rows_whose_knowledge_is_too_old_go_and_leave_a_mark(
    db: Database, partition: Partition, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retire, "AT_ONCE", 2)
    nothing = dict.fromkeys(build_event()["collectors"], "missing")
    young, old = NOW - 399 * DAY, NOW - 401 * DAY
    partition.apply(
        clean_record(
            0,
            [
                build_event("1", version="old", started_at=old),
                build_event("2", version="young", started_at=young),
                build_event("3", version="one young part", started_at=old),
                build_event(
                    "4", version="one young part", started_at=NOW, statuses=nothing | {"os": "ok"}, success=False
                ),
                build_event("5", version="fails since", started_at=old),
                build_event("6", version="fails since", started_at=NOW, statuses=nothing, success=False),
                build_event("7", version="never known", started_at=young, statuses=nothing),
                build_event("8", version="never known, old", started_at=old, statuses=nothing),
                build_event("9", version="exactly", started_at=NOW - 400 * DAY),
            ],
            received_at=NOW,
        )
    )
    with connect(db.sink, application="test") as connection:
        assert retire_stale_latest(connection, AS_OF) == 7
        assert retire_stale_latest(connection, AS_OF) == 0
    left = [(version, successful, build) for _, version, successful, build in rows(KEYS)]
    assert left == [
        ("exactly", False, "9"),
        ("exactly", True, "9"),
        ("never known", False, "7"),
        ("never known", True, "7"),
        ("one young part", False, "4"),
        ("young", False, "2"),
        ("young", True, "2"),
    ]
    assert rows(
        "SELECT python_known_build_id, os_known_build_id FROM headcount_store.latest_builds"
        " WHERE version_id = 'one young part'"
    ) == [("3", "4")], "a row is retired whole or not at all"
    partition.apply(clean_record(1, [build_event("10", version="old", started_at=old - 1)], received_at=NOW))
    assert len(rows(KEYS)) == len(left)
    partition.apply(clean_record(2, [build_event("11", version="old", started_at=old + 1)], received_at=NOW))
    assert len(rows(KEYS)) == len(left) + 2
    assert_balanced(partition.writer, rows)


def test_L7_marks_go_after_thirty_days(db: Database, partition: Partition, rows: Rows) -> None:
    partition.apply(clean_record(0, [retirement(at=T0)], received_at=NOW - 31 * DAY))
    partition.apply(clean_record(1, [retirement(version="v2", at=T0)], received_at=NOW - 30 * DAY))
    partition.apply(clean_record(2, [retirement(version="v3", at=T0)], received_at=NOW - 31 * DAY))
    partition.apply(clean_record(3, [retirement(version="v3", at=T0 - 1)], received_at=NOW))
    with connect(db.sink, application="test") as connection:
        assert forget_old_marks(connection, AS_OF) == 2
        assert forget_old_marks(connection, AS_OF + timedelta(days=60)) == 4
    partition.apply(clean_record(4, [build_event("1")], received_at=NOW))
    assert len(rows(KEYS)) == 2
