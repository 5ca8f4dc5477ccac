"""The check finds what does not belong, whichever table it is in."""

from threading import Event

import pytest

from headcount.metrics import Metrics
from sinks.daily import DAY_SECONDS, Daily, checks_of
from sinks.retention.run import Outcome
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database


@pytest.mark.parametrize(
    ("damage", "check", "difference"),
    [
        ("DELETE FROM headcount_store.builds WHERE build_id = '1'", "builds", -1),
        ("UPDATE headcount_store.ledger_rows SET received = received + 1", "received", -1),
        ("UPDATE headcount_store.ledger_rows SET handed_over = handed_over - 2", "handed_over", 2),
        ("UPDATE headcount_store.ledger_rows SET added = added - 1", "accepted", -1),
        ("DELETE FROM headcount_store.refusals", "refused_by_reason", -1),
        ("DELETE FROM headcount_store.package_lists WHERE ecosystem = 'apt' AND packages = 1", "package_lists", -1),
        ("DELETE FROM headcount_store.package_lists WHERE ecosystem = 'apt' AND packages = 1", "lists_of_weeks", -1),
        ("DELETE FROM headcount_store.package_list_items WHERE name = 'docutils'", "package_list_items", -1),
        ("DELETE FROM headcount_store.build_configs", "build_configs", -2),
    ],
)
def test_each_check_sees_its_damage(db: Database, rows: Rows, damage: str, check: str, difference: int) -> None:
    writer = Writer(db.sink)
    events = [build_event("1"), build_event("2", project="p2")]
    Partition(writer).apply(clean_record(0, events, handed_over=3, received=3, refused={"kind": 1}))
    writer.close()
    assert {found.name: found.difference for found in checks_of(db.sink) if found.difference} == {}
    rows(damage)
    found = {found.name: found.difference for found in checks_of(db.sink) if found.difference}
    assert found[check] == difference


def test_the_daily_job_says_it_in_a_metric(db: Database, rows: Rows) -> None:
    writer = Writer(db.sink)
    Partition(writer).apply(clean_record(0, [build_event("1")]))
    writer.close()
    rows("DELETE FROM headcount_store.builds")
    metrics = Metrics()
    daily = Daily(lambda: checks_of(db.sink), metrics, retention=lambda now: Outcome(), stopping=Event())
    assert daily.run_once() == DAY_SECONDS
    assert b'headcount_ledger_difference{identity="builds"} -1.0' in metrics.render()
