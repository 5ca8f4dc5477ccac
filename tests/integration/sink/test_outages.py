"""Postgres away, transactions to repeat, partitions that move between sinks."""

import logging
from collections.abc import Callable

import pytest

from headcount.postgres import AgainError
from sinks.batch import Batch
from sinks.writer import Applied, Writer
from tests.integration.sink.conftest import Clean, Rows, Steps
from tests.integration.sink.records import build_event
from tests.stack import Stack

BUILDS = "SELECT count(*) FROM headcount_store.builds"


def test_a_postgres_that_goes_and_comes_back_is_waited_for_and_said_once(
    clean: Clean, make: Callable[[], Steps], rows: Rows, stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    clean.write(0, clean.record(0, [build_event("1")]))
    steps = make()
    steps.until(lambda: rows.one(BUILDS) == 1)
    stack.postgres.kill()
    try:
        with caplog.at_level(logging.INFO, "headcount.sink"):
            clean.write(0, clean.record(1, [build_event("2")]))
            steps.until(lambda: "Postgres is away" in (steps.sink.unready() or ""))
            for _ in range(15):
                steps.sink.step()
    finally:
        stack.postgres.start()
    with caplog.at_level(logging.INFO, "headcount.sink"):
        steps.until(lambda: steps.sink.unready() is None)
    steps.until(lambda: rows.one(BUILDS) == 2)
    said = [record.getMessage() for record in caplog.records if "Postgres" in record.getMessage()]
    assert said == ["Postgres is away; waiting, and going on when it is back", "Postgres is back"]
    assert rows("SELECT added, difference FROM headcount.ledger") == [(2, 0)]


def test_a_server_that_ends_our_session_in_the_middle_loses_nothing(
    clean: Clean, make: Callable[[], Steps], rows: Rows, stack: Stack
) -> None:
    steps = make()
    for offset in range(3):
        clean.write(0, clean.record(offset, [build_event(str(offset))]))
        steps.until(lambda: rows.one(BUILDS) == offset + 1)  # noqa: B023 - called in this round only
        steps.sink._writer.connection.close()  # type: ignore[union-attr]
    assert rows("SELECT received, added, difference FROM headcount.ledger") == [(3, 3, 0)]


def test_40001_a_transaction_that_could_not_be_serialised_is_repeated(
    clean: Clean, make: Callable[[], Steps], rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = make()
    apply, failures = Writer.apply, iter([True, True])

    def failing_twice(writer: Writer, batch: Batch) -> Applied:
        if next(failures, False):
            raise AgainError("SerializationFailure")
        return apply(writer, batch)

    monkeypatch.setattr(Writer, "apply", failing_twice)
    clean.write(0, clean.record(0, [build_event("1"), build_event("2")]))
    steps.until(lambda: rows.one(BUILDS) == 2)
    assert rows("SELECT added, kept_without_fact, difference FROM headcount.ledger") == [(2, 0, 0)]
    assert steps.metrics.retries.labels("sink")._value.get() == 2


def test_two_sinks_share_the_partitions_and_each_record_is_applied_once(
    clean: Clean, make: Callable[[], Steps], rows: Rows
) -> None:
    for partition in range(8):
        clean.write(partition, *(clean.record(n, [build_event(f"{partition}-{n}")]) for n in range(3)))
    first = make()
    first.until(lambda: rows.one(BUILDS) == 24)
    second = make()

    def both() -> bool:
        first.sink.step()
        return len(first.sink.partitions.running) == 4 and len(second.sink.partitions.running) == 4

    second.until(both)
    for partition in range(8):
        clean.write(partition, clean.record(3, [build_event(f"{partition}-3")]))
    second.until(lambda: (first.sink.step(), rows.one(BUILDS) == 32)[1])  # type: ignore[func-returns-value]
    second.close()
    for partition in range(8):
        clean.write(partition, clean.record(4, [build_event(f"{partition}-4")]))
    first.until(lambda: rows.one(BUILDS) == 40)
    assert rows("SELECT received, added, kept_without_fact, difference FROM headcount.ledger") == [(40, 40, 0, 0)]


def test_a_sink_that_was_fenced_takes_its_partition_again_when_it_is_still_its_own(
    clean: Clean, make: Callable[[], Steps], rows: Rows
) -> None:
    clean.write(0, clean.record(0, [build_event("1")]))
    steps = make()
    steps.until(lambda: rows.one(BUILDS) == 1)
    rows("UPDATE headcount_store.positions SET epoch = epoch + 1")
    clean.write(0, clean.record(1, [build_event("2")]))
    clean.write(1, clean.record(0, [build_event("3")]))
    steps.until(lambda: rows.one(BUILDS) == 3)
    assert rows("SELECT received, added, difference FROM headcount.ledger") == [(3, 3, 0)]
