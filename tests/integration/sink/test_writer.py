"""One transaction: facts, ledger and positions together, by one owner, with poison rows set aside."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from headcount.postgres import AgainError, LostError, translated
from sinks.batch import Batch
from sinks.checks import run_checks
from sinks.errors import FencedError, MovedError
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import DAY, SECOND, T0, build_event, clean_record
from tests.integration.sink.writing import TOPIC, Partition
from tests.stack import Database


@pytest.fixture
def writer(db: Database) -> Iterator[Writer]:
    writer = Writer(db.sink)
    yield writer
    writer.close()


@pytest.fixture
def partition(writer: Writer) -> Partition:
    return Partition(writer)


def assert_balanced(writer: Writer, rows: Rows) -> None:
    assert rows.one("SELECT coalesce(sum(difference), 0) FROM headcount.ledger") == 0
    assert [check for check in run_checks(writer.connection) if check.difference] == []


def test_B1_an_event_without_an_organization_and_B5_its_instant(partition: Partition, rows: Rows) -> None:
    partition.apply(clean_record(0, [build_event("1")]))
    assert rows("SELECT organization_id, extract(epoch FROM started_at) * 1000000 FROM headcount_store.builds") == [
        (None, T0)
    ]


def test_B37_the_same_event_three_times_is_one_row(partition: Partition, writer: Writer, rows: Rows) -> None:
    event = build_event("1")
    partition.apply(clean_record(0, [event, event]))
    partition.apply(clean_record(1, [event]))
    assert rows("SELECT added, kept_without_fact FROM headcount.ledger") == [(1, 2)]
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 1
    assert_balanced(writer, rows)


@pytest.mark.parametrize("first_wins", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_L6_two_events_of_one_attempt_the_one_with_more_knowledge_stays(
    partition: Partition, writer: Writer, rows: Rows, first_wins: bool, together: bool
) -> None:
    more = build_event("1", python="3.13.0")
    less = build_event("1", python="3.1", statuses={"os": "error"})
    events = [more, less] if first_wins else [less, more]
    if together:
        partition.apply(clean_record(0, events))
    else:
        for offset, event in enumerate(events):
            partition.apply(clean_record(offset, [event]))
    assert rows("SELECT python_version FROM headcount_store.builds") == [("3.13.0",)]
    assert rows("SELECT python_version FROM headcount.latest_builds") == [("3.13.0",)]
    assert rows("SELECT added, kept_without_fact FROM headcount.ledger") == [(1, 1)]
    assert_balanced(writer, rows)


def test_L9_a_null_version_is_in_the_series_only(partition: Partition, rows: Rows) -> None:
    partition.apply(clean_record(0, [build_event("1", version=None)]))
    assert rows.one("SELECT count(*) FROM headcount_store.builds WHERE version_id IS NULL") == 1
    assert rows.one("SELECT count(*) FROM headcount.latest_builds") == 0


def test_retirements_are_kept_without_a_fact(partition: Partition, writer: Writer, rows: Rows) -> None:
    retired = build_event("1", kind="version_retired")
    retired["build"]["id"] = None
    partition.apply(clean_record(0, [retired]))
    assert rows("SELECT accepted, added, kept_without_fact FROM headcount.ledger") == [(1, 0, 1)]
    assert_balanced(writer, rows)


def test_B47_a_thousand_builds_on_one_image_store_one_apt_list(partition: Partition, rows: Rows) -> None:
    apt = tuple((f"package-{n}", f"1.{n}-1") for n in range(700))
    for offset in range(10):
        builds = [build_event(f"{offset}-{n}", started_at=T0 + n * SECOND, apt=apt) for n in range(100)]
        partition.apply(clean_record(offset, builds))
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 1000
    assert rows("SELECT packages FROM headcount_store.package_lists WHERE ecosystem = 'apt' AND packages > 0") == [
        (700,)
    ]
    assert rows.one("SELECT count(*) FROM headcount_store.package_list_items WHERE ecosystem = 'apt'") == 700


def test_B12_a_config_is_stored_once_per_content(partition: Partition, rows: Rows) -> None:
    texts = ['{"a": 1, "b": 2}', '{"b": 2, "a": 1}', '{"a": 1, "b": 3}', None]
    partition.apply(clean_record(0, [build_event(str(n), user=text) for n, text in enumerate(texts)]))
    assert rows.one("SELECT count(DISTINCT config_user_hash) FROM headcount_store.builds") == 2
    assert rows.one("SELECT count(*) FROM headcount_store.builds WHERE config_user_hash IS NULL") == 1


def test_S3_an_unknown_list_is_null_and_a_known_empty_one_is_the_empty_list(partition: Partition, rows: Rows) -> None:
    partition.apply(
        clean_record(
            0,
            [
                build_event("1", apt=(), statuses={"apt_all": "error"}),
                build_event("2", apt=(), statuses={"apt_all": "empty"}),
            ],
        )
    )
    found = rows(
        "SELECT build_id, packages FROM headcount_store.builds"
        " LEFT JOIN headcount_store.package_lists ON hash = apt_all_hash"
    )
    assert sorted(found) == [("1", None), ("2", 0)]


def test_builds_of_several_months_have_a_partition_each(partition: Partition, rows: Rows) -> None:
    partition.apply(clean_record(0, [build_event(str(n), started_at=T0 - n * 31 * DAY) for n in range(5)]))
    assert rows.one("SELECT count(*) FROM pg_inherits WHERE inhparent = 'headcount_store.builds'::regclass") == 5


def test_poison_rows_are_found_by_bisection_and_the_rest_is_written(
    partition: Partition, writer: Writer, rows: Rows
) -> None:
    events = [build_event(str(n), started_at=T0 + n * SECOND) for n in range(20)]
    events[3]["project"]["slug"] = "nul\0"
    events[11]["config"]["user"] = "{"
    events[12]["config"]["user"] = '{"a": "\\u0000"}'
    events[17]["build"]["started_at"] = 1 << 62
    events[18]["build"]["started_at"] = 0
    events[5]["config"]["user"] = "[" * 100_000 + "]" * 100_000
    events[6]["config"]["user"] = "[" * 900 + "]" * 900
    events[7]["config"]["user"] = '{"a": ' + "9" * 5000 + "}"
    applied = partition.apply(clean_record(0, events))
    assert (applied.added, applied.poison) == (13, 7)
    found = rows("SELECT event_index, reason FROM headcount_store.poison_rows ORDER BY event_index")
    assert [index for index, _ in found] == [3, 5, 7, 11, 12, 17, 18]
    assert found[0][1].startswith("22021")
    assert "nul\\u0000" in rows.one("SELECT event FROM headcount_store.poison_rows WHERE event_index = 3")
    assert rows("SELECT accepted, added, kept_without_fact FROM headcount.ledger") == [(20, 13, 7)]
    assert rows.one("SELECT build_id FROM headcount.latest_builds") == "19"
    assert_balanced(writer, rows)


def test_a_producers_own_numbers_cannot_stop_the_sink(partition: Partition, rows: Rows) -> None:
    huge = (1 << 63) - 1
    for offset in range(3):
        partition.apply(clean_record(offset, handed_over=huge, missing=huge))
    assert rows("SELECT handed_over, difference FROM headcount.ledger") == [(3 * huge, 0)]


def test_an_old_epoch_is_rolled_back_whole(db: Database, partition: Partition, rows: Rows) -> None:
    other = Writer(db.sink)
    newer = Partition(other)
    with pytest.raises(FencedError):
        partition.apply(clean_record(0, [build_event("1")]))
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 0
    assert rows.one("SELECT count(*) FROM headcount_store.ledger_rows") == 0
    newer.apply(clean_record(0, [build_event("1")]))
    other.close()
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 1


def test_a_commit_whose_answer_was_lost_is_not_applied_again(partition: Partition, rows: Rows) -> None:
    batch = partition.batch(clean_record(0, [build_event("1")]))
    partition.writer.apply(batch)
    with pytest.raises(MovedError):
        partition.writer.apply(batch)
    assert rows("SELECT added FROM headcount.ledger") == [(1,)]


def test_a_crash_at_any_point_leaves_all_or_nothing(db: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the session before each statement of the transaction in turn, and applies again from the position."""
    offset = 0
    for crash_at in range(1, 40):
        writer = Writer(db.sink)
        partition = Partition(writer)
        assert partition.position.next_raw_offset == offset
        calls = iter(range(1, 1000))
        execute = type(writer.connection.cursor()).execute

        def dying(self: Any, *given: Any, **named: Any) -> Any:
            if next(calls) == crash_at:  # noqa: B023 - called in this round only
                writer.connection.close()  # noqa: B023
            return execute(self, *given, **named)  # noqa: B023

        event = build_event(
            str(offset), started_at=T0 + offset * SECOND, user=f'{{"n": {offset}}}', apt=((f"p{offset}", "1"),)
        )
        with monkeypatch.context() as patch:
            patch.setattr("psycopg.Cursor.execute", dying)
            try:
                partition.apply(clean_record(offset, [event]))
            except LostError:
                died = True
            else:
                died = False
        assert rows.one("SELECT count(*) FROM headcount_store.builds") == offset + (not died)
        assert rows.one("SELECT coalesce(sum(added), 0) FROM headcount.ledger") == offset + (not died)
        writer.close()
        if not died:
            break
        again = Writer(db.sink)
        Partition(again).apply(clean_record(offset, [event]))
        assert_balanced(again, rows)
        again.close()
        offset += 1
    assert offset > 8, "the transaction has more statements than that"


def test_40P01_a_deadlock_is_to_be_repeated(db: Database, writer: Writer) -> None:
    """Two transactions in opposite order, as only a mistake in our own order could make them."""
    upsert = (
        "INSERT INTO headcount_store.build_configs (hash, body) VALUES (%s, '{}')"
        " ON CONFLICT (hash) DO UPDATE SET last_seen_on = current_date"
    )
    other = Writer(db.sink)
    barrier = threading.Barrier(2)
    results: list[str] = []

    def run(one: Writer, first: bytes, second: bytes) -> None:
        try:
            with translated(), one.connection.transaction():
                one.connection.execute(upsert, (first,))
                barrier.wait(30)
                one.connection.execute(upsert, (second,))
        except AgainError:
            results.append("again")
        else:
            results.append("done")

    threads = [threading.Thread(target=run, args=args) for args in ((writer, b"a", b"b"), (other, b"b", b"a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    other.close()
    assert sorted(results) == ["again", "done"]


def test_a_stopped_owner_inside_a_transaction_is_ended(db: Database, rows: Rows) -> None:
    stopped, heir = Writer(db.sink), Writer(db.sink)
    partition = Partition(stopped)
    stopped.connection.execute("BEGIN")
    stopped.connection.execute(
        "SELECT FROM headcount_store.positions WHERE topic = %s AND partition = %s FOR UPDATE",
        (TOPIC, partition.number),
    )
    with pytest.raises(AgainError):
        heir.claim(TOPIC, partition.number)
    Partition(heir).apply(clean_record(0, [build_event("1")]))
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 1
    with pytest.raises(LostError):
        stopped.apply(Batch(TOPIC, {0: partition.position}, after={0: partition.position}))
    heir.close()
    stopped.close()
