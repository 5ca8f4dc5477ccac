"""When the daily job is done again: tomorrow, within the hour, or in a minute; and that nothing ends its thread."""

import threading
from datetime import UTC, datetime

import pytest

from headcount.errors import HeadcountError
from headcount.metrics import Metrics
from headcount.postgres import AgainError, LostError
from sinks.checks import Check
from sinks.daily import DAY_SECONDS, HOUR_SECONDS, RETRY_SECONDS, Daily
from sinks.retention.archive import ArchiveError
from sinks.retention.run import Outcome

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def daily(outcome: Outcome | Exception, metrics: Metrics | None = None) -> Daily:
    def retention(now: datetime) -> Outcome:
        assert now == NOW
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    checks = [Check("builds", 3, 2)]
    return Daily(lambda: checks, metrics or Metrics(), retention=retention, stopping=threading.Event(), now=lambda: NOW)


@pytest.mark.parametrize(
    ("outcome", "seconds"),
    [
        (Outcome(), DAY_SECONDS),
        (Outcome(is_busy=True), DAY_SECONDS),
        (Outcome(errors=[ArchiveError("full", where="here", do="make room")]), HOUR_SECONDS),
        (LostError("gone"), RETRY_SECONDS),
        (AgainError("deadlock"), RETRY_SECONDS),
        (HeadcountError("no table", where="the database", do="migrate"), RETRY_SECONDS),
    ],
)
def test_when_it_is_done_again(outcome: Outcome | Exception, seconds: float) -> None:
    assert daily(outcome).run_once() == seconds


def test_an_archive_that_fails_does_not_keep_the_ledger_from_being_compared() -> None:
    metrics = Metrics()
    daily(Outcome(errors=[ArchiveError("full", where="here", do="make room")]), metrics).run_once()
    assert metrics.registry.get_sample_value("headcount_ledger_difference", {"identity": "builds"}) == -1


def test_what_nobody_thought_of_is_counted_and_the_thread_goes_on() -> None:
    metrics = Metrics()
    calls = threading.Semaphore(0)
    stopping = threading.Event()

    class Soon(threading.Event):
        """Time passes at once."""

        def wait(self, timeout: float | None = None) -> bool:
            return stopping.is_set()

    def retention(now: datetime) -> Outcome:
        calls.release()
        raise ZeroDivisionError

    job = Daily(list, metrics, retention=retention, stopping=Soon(), now=lambda: NOW)
    job.start()
    for _ in range(3):
        assert calls.acquire(timeout=10)
    stopping.set()
    job.stop()
    counted = metrics.registry.get_sample_value("headcount_retention_failures_total", {"step": "(unknown)"})
    assert counted is not None
    assert counted >= 3
