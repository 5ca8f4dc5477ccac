"""Clean records reach their rows once: in one go, over restarts, and when records are read again."""

from collections.abc import Callable

from tests.integration.sink.conftest import Clean, Rows, Steps
from tests.integration.sink.records import build_event, clean_record


def test_records_of_several_partitions_reach_their_rows(clean: Clean, make: Callable[[], Steps], rows: Rows) -> None:
    for partition in range(3):
        clean.write(
            partition, clean_record(0, [build_event(f"{partition}-{n}") for n in range(5)]), clean_record(1, [])
        )
    make().until(lambda: rows.one("SELECT coalesce(sum(next_raw_offset), 0) FROM headcount_store.positions") == 6)
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 15
    assert rows("SELECT handed_over, received, accepted, added, difference FROM headcount.ledger") == [
        (15, 15, 15, 15, 0)
    ]


def test_a_restart_reads_on_from_the_position(clean: Clean, make: Callable[[], Steps], rows: Rows) -> None:
    clean.write(0, clean_record(0, [build_event("1")]))
    first = make()
    first.until(lambda: rows.one("SELECT count(*) FROM headcount_store.builds") == 1)
    first.close()
    clean.write(0, clean_record(1, [build_event("2")]))
    make().until(lambda: rows.one("SELECT count(*) FROM headcount_store.builds") == 2)
    assert rows("SELECT added, kept_without_fact, difference FROM headcount.ledger") == [(2, 0, 0)]


def test_a_clean_record_below_the_position_adds_nothing(clean: Clean, make: Callable[[], Steps], rows: Rows) -> None:
    record = clean_record(0, [build_event("1")])
    clean.write(0, record, record, clean_record(1, [build_event("2")]))
    make().until(lambda: rows.one("SELECT coalesce(max(next_clean_offset), 0) FROM headcount_store.positions") == 3)
    assert rows("SELECT received, added, kept_without_fact, difference FROM headcount.ledger") == [(2, 2, 0, 0)]
