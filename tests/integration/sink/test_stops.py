"""A hole or another series stops its partition, says so, and goes on by the named way out; others go on meanwhile."""

from collections.abc import Callable

import pytest

from headcount.errors import HeadcountError
from headcount.postgres import connect
from sinks.position import Cause
from sinks.stops import accept, open_stops
from tests.integration.sink.conftest import Clean, Rows, Steps
from tests.integration.sink.records import build_event, clean_record
from tests.stack import Database

BUILDS = "SELECT count(*) FROM headcount_store.builds"


def let_go_on(db: Database, topic: str, partition: int, *, new_series: bool = False) -> dict[str, object]:
    with connect(db.sink, application="test") as connection:
        return accept(connection, topic, partition, new_series=new_series)


def test_a_hole_stops_its_partition_and_no_other(
    clean: Clean, make: Callable[[], Steps], rows: Rows, db: Database
) -> None:
    clean.write(0, clean_record(0, [build_event("1")]), clean_record(3, [build_event("4")]))
    clean.write(1, clean_record(0, [build_event("5")]), clean_record(1, [build_event("6")]))
    steps = make()
    unready = steps.until_stopped()
    steps.until(lambda: rows.one(BUILDS) == 3)
    assert "raw offsets 1..2 are missing" in unready
    assert f"headcount ledger accept {clean.raw_topic} 0" in unready
    assert rows("SELECT partition, cause, first_missing, last_missing FROM headcount.stopped_partitions") == [
        (0, "hole", 1, 2)
    ]
    steps.sink.step()
    assert rows.one("SELECT next_raw_offset FROM headcount_store.positions WHERE partition = 0") == 1

    accepted = let_go_on(db, clean.raw_topic, 0)
    assert (accepted["first_missing"], accepted["last_missing"]) == (1, 2)
    steps.until(lambda: rows.one(BUILDS) == 4)
    steps.until(lambda: steps.sink.unready() is None)
    assert rows("SELECT partition, first_missing, last_missing FROM headcount.accepted_holes") == [(0, 1, 2)]
    assert rows.one("SELECT sum(difference) FROM headcount.ledger") == 0


def test_a_first_record_that_is_not_0_is_a_hole(
    clean: Clean, make: Callable[[], Steps], rows: Rows, db: Database
) -> None:
    clean.write(2, clean_record(5, [build_event("1")]))
    steps = make()
    steps.until_stopped()
    assert "raw offsets 0..4 are missing" in str(steps.sink.unready())
    let_go_on(db, clean.raw_topic, 2)
    steps.until(lambda: rows.one(BUILDS) == 1)
    clean.write(2, clean_record(6, [build_event("2")]))
    steps.until(lambda: rows.one(BUILDS) == 2)


def test_a_stop_outlives_the_process_that_met_it(
    clean: Clean, make: Callable[[], Steps], rows: Rows, db: Database
) -> None:
    clean.write(0, clean_record(1, [build_event("1")]))
    first = make()
    first.until_stopped()
    first.close()
    second = make()
    second.until_stopped()
    let_go_on(db, clean.raw_topic, 0)
    second.until(lambda: rows.one(BUILDS) == 1)


def test_another_series_stops_and_a_new_one_begins_at_0_beside_the_rows_of_the_old(
    clean: Clean, make: Callable[[], Steps], rows: Rows, db: Database
) -> None:
    clean.write(0, clean_record(0, [build_event("1")]), clean_record(1, [build_event("2")]))
    clean.write(0, clean_record(0, [build_event("3")], topic_id="topic-2"))
    steps = make()
    steps.until_stopped()
    assert "topic-2" in str(steps.sink.unready())
    assert "--new-series" in str(steps.sink.unready())
    assert rows.one(BUILDS) == 2
    with pytest.raises(HeadcountError, match="not the way on"):
        let_go_on(db, clean.raw_topic, 0)

    let_go_on(db, clean.raw_topic, 0, new_series=True)
    # The clean topic is read from its beginning, and the old series in it adds nothing.
    steps.until(lambda: rows.one(BUILDS) == 3)
    assert rows("SELECT received, added, kept_without_fact, difference FROM headcount.ledger") == [(3, 3, 0, 0)]
    assert rows("SELECT next_raw_offset, topic_id FROM headcount_store.positions WHERE partition = 0") == [
        (1, "topic-2")
    ]


def test_a_wiped_kafka_is_met_before_any_record(
    clean: Clean, make: Callable[[], Steps], rows: Rows, db: Database
) -> None:
    # What an old Postgres has of a Kafka that is gone: no record is left to say it, so the topic's own id does.
    rows(
        "INSERT INTO headcount_store.positions (topic, partition, next_raw_offset, next_clean_offset, cluster_id, topic_id)"
        " VALUES (%s, 0, 70, 140, 'old', 'old')",
        clean.raw_topic,
    )
    steps = make()
    steps.until_stopped()
    assert "was Kafka wiped" in str(steps.sink.unready())
    with connect(db.sink, application="test") as connection:
        (stop,) = open_stops(connection)
    now = (clean.series["cluster_id"], clean.series["topic_id"])
    assert (stop.cause, stop.cluster_id, stop.topic_id) == (Cause.OTHER_SERIES, *now)

    let_go_on(db, clean.raw_topic, 0, new_series=True)
    clean.write(0, clean.record(0, [build_event("1")]))
    steps.until(lambda: rows.one(BUILDS) == 1)


def test_a_clean_topic_made_anew_under_the_same_raw_topic_shows_its_loss_by_raw_offsets(
    clean: Clean, make: Callable[[], Steps], rows: Rows
) -> None:
    now = (clean.series["cluster_id"], clean.series["topic_id"])
    rows(
        "INSERT INTO headcount_store.positions (topic, partition, next_raw_offset, next_clean_offset, cluster_id, topic_id)"
        " VALUES (%s, 0, 70, 140, %s, %s)",
        clean.raw_topic,
        *now,
    )
    steps = make()
    clean.write(0, clean.record(70, [build_event("1")]))
    steps.until(lambda: rows.one(BUILDS) == 1)


def test_a_record_that_this_version_cannot_read_stops_its_partition(
    clean: Clean, make: Callable[[], Steps], rows: Rows, db: Database
) -> None:
    clean.write(0, clean_record(0, [build_event("1")]))
    clean.write_bytes(0, b"\x00\x00\x00\xff\xffrubbish")
    steps = make()
    steps.until_stopped()
    assert "cannot be read" in str(steps.sink.unready())
    assert rows.one(BUILDS) == 1
    with pytest.raises(HeadcountError, match="not the way on"):
        let_go_on(db, clean.raw_topic, 0)


def test_nothing_to_accept_says_so(clean: Clean, db: Database) -> None:
    with pytest.raises(HeadcountError, match="nothing to accept"):
        let_go_on(db, clean.raw_topic, 0)
