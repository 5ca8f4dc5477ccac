"""M4: what fires at which share, over 24 hours and against the 28 days before; and what is healthy and fires nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from headcount.postgres import connect
from schemas.builds.latest import PARTS
from sinks.builds.health import Health, write_health
from sinks.query import ask
from sinks.writer import Writer
from tests.integration.sink.records import DAY, HOUR, T0, build_event, collector
from tests.stack import Database

Record = dict[str, Any]
AS_OF = "2026-03-03T10:30:00Z"
NOW = T0 + DAY
"""An hour of the last 24 before AS_OF."""


class Days:
    """Events by the time of their receipt, straight to the tables of completeness."""

    def __init__(self, db: Database) -> None:
        self._reader = db.reader
        self._writer = Writer(db.sink)

    def receive(self, event: Record, *, times: int, at: int = NOW) -> None:
        self.receive_all([event] * times, at=at)

    def receive_all(self, events: list[Record], *, at: int = NOW) -> None:
        health = Health()
        for event in events:
            health.add(event, at)
        with self._writer.connection.transaction(), self._writer.connection.cursor(binary=True) as cursor:
            write_health(cursor, health)

    def usual(self, event: Record, *, times: int = 60, days: int = 28) -> None:
        for day in range(1, days + 1):
            self.receive(event, times=times, at=NOW - (day + 1) * DAY)

    def fired(self, as_of: str = AS_OF) -> dict[tuple[str, str], Record]:
        with connect(self._reader, application="test") as connection:
            answer = ask(connection, "completeness_alerts", {"as_of": as_of})
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        return {(row["alert"], row["name"]): row for row in rows}

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
def days(db: Database) -> Iterator[Days]:
    made = Days(db)
    yield made
    made.close()


def healthy(build_id: str = "1", *, statuses: dict[str, str] | None = None, **more: Any) -> Record:
    """A build that asks for no system packages, and says so."""
    return build_event(build_id, statuses={"apt_declared": "empty"} | (statuses or {}), **more)


def without(*parts: str, status: str = "missing") -> Record:
    event = healthy("1", statuses=dict.fromkeys(parts, status))
    if "doctool" in parts:
        event["doctool"] |= {"extensions": [], "html_theme": None, "source": None}
    return event


def test_M4_a_healthy_day_fires_nothing(days: Days) -> None:
    days.usual(healthy("1"))
    days.receive(healthy("1"), times=97)
    days.receive(without("doctool"), times=3)
    early = healthy("2", success=False, statuses=dict.fromkeys(PARTS, "missing"))
    early["build"]["failure"] = {"stage": "clone", "error": None}
    days.receive(early, times=400)
    days.receive(healthy("3") | {"doctool": {**healthy("3")["doctool"], "name": "generic"}}, times=30)
    assert days.fired() == {}


@pytest.mark.parametrize("part", sorted({*PARTS} - {"config_user", "conda_all"}))
@pytest.mark.parametrize("status", ["missing", "error", "timeout"])
def test_M4_any_broken_collector_fires_by_its_name(days: Days, part: str, status: str) -> None:
    days.receive(healthy("1"), times=56)
    assert days.fired() == {}
    days.receive(without(part, status=status), times=4)
    fired = {key: row for key, row in days.fired().items() if key[0] == "knowledge_low"}
    assert list(fired) == [("knowledge_low", part)]
    row = fired["knowledge_low", part]
    assert (row["found"], row["total"], row["share"], row["threshold"]) == (56, 60, 0.9333, 0.95)


def test_M4_exactly_95_percent_is_enough_and_49_builds_are_too_few(days: Days) -> None:
    days.receive(healthy("1"), times=95)
    days.receive(without("os"), times=5)
    assert days.fired() == {}
    days.receive(without("os"), times=1)
    assert list(days.fired()) == [("knowledge_low", "os")]


def test_M4_few_builds_fire_nothing(days: Days) -> None:
    days.receive(without("doctool"), times=49)
    assert days.fired() == {}
    days.receive(without("doctool"), times=1)
    assert {("knowledge_low", "doctool"), ("field_empty", "doctool.extensions")} <= days.fired().keys()


def test_M4_a_cut_list_is_no_knowledge(days: Days) -> None:
    event = healthy("1")
    event["collectors"]["apt_all"] = collector("ok", truncated=True)
    days.receive(event, times=60)
    assert ("knowledge_low", "apt_all") in days.fired()


def test_M4_only_the_last_24_hours_count(days: Days) -> None:
    days.receive(without("doctool"), times=60, at=NOW - DAY)
    days.receive(healthy("1"), times=60)
    assert days.fired() == {}
    assert ("knowledge_low", "doctool") in days.fired("2026-03-02T11:00:00Z")
    days.receive(without("doctool"), times=60, at=NOW - 23 * HOUR)
    assert ("knowledge_low", "doctool") in days.fired()


def test_M4_20_points_below_its_own_median_also_of_what_is_rare_or_low(days: Days) -> None:
    """conda is in few builds, and pip_declared low as a rule: no limit for all would see them fall."""
    conda = healthy("1", conda=(("numpy", "conda-forge", "2.1.0"),))
    broken = healthy("2", statuses={"conda_all": "error"})
    for day in range(2, 30):
        days.receive(conda, times=10, at=NOW - day * DAY)
        days.receive_all([healthy("3")] * 70 + [without("pip_declared")] * 30, at=NOW - day * DAY)
    days.receive_all([conda] * 9 + [broken] * 2)
    days.receive_all([healthy("3")] * 55 + [without("pip_declared")] * 45)
    assert {name for alert, name in days.fired() if alert == "knowledge_dropped"} == set()
    days.receive_all([broken] + [without("pip_declared")] * 20)
    fired = {name: row for (alert, name), row in days.fired().items() if alert == "knowledge_dropped"}
    assert fired.keys() == {"conda_all", "pip_declared"}
    assert fired["conda_all"]["usual"] == 1.0
    assert fired["conda_all"]["threshold"] == 0.8
    assert fired["conda_all"]["share"] == 0.75


def test_M4_a_median_needs_days(days: Days) -> None:
    event = healthy("1", conda=(("numpy", "conda-forge", "2.1.0"),))
    days.usual(event, times=20, days=2)
    days.receive(healthy("2", statuses={"conda_all": "error"}), times=20)
    assert ("knowledge_dropped", "conda_all") not in days.fired()


def test_M4_a_field_without_one_value(days: Days) -> None:
    themeless = healthy("1")
    themeless["doctool"]["html_theme"] = None
    days.receive(themeless, times=60)
    assert list(days.fired()) == [("field_empty", "doctool.html_theme")]
    days.receive(healthy("2"), times=1)
    assert days.fired() == {}


def test_M4_what_a_host_stops_giving_fires_against_the_days_before(days: Days) -> None:
    """Without a commit ever there is nothing to miss; and who gave it on most days is missed."""
    without_commit = healthy("1")
    without_commit["build"]["commit"] = None
    days.receive(without_commit, times=60)
    assert days.fired() == {}
    days.usual(healthy("2"))
    assert list(days.fired()) == [("field_empty", "build.commit")]


def test_M4_a_datum_that_nothing_has_any_more_fires(days: Days) -> None:
    """A collector that says `empty` of everything takes its expectation along: only the days before show it."""
    days.usual(healthy("1", conda=(("numpy", "conda-forge", "2.1.0"),)))
    days.receive(healthy("2", statuses={"conda_all": "empty"}), times=60)
    fields = {f"packages.conda.all.{name}" for name in ("name", "channel", "version")}
    assert {name for alert, name in days.fired() if alert == "field_empty"} == fields


@pytest.mark.parametrize(
    ("alert", "name", "change"),
    [
        ("private_jumped", "pip_all", {"private": 30}),
        ("unparsed_jumped", "pip_all", {"unparsed": 60}),
        ("dropped_keys_jumped", "pip_all", {"dropped_keys": 40}),
    ],
)
def test_M4_what_is_hidden_or_lost_jumps(days: Days, alert: str, name: str, change: Record) -> None:
    def build(**more: int) -> Record:
        event = healthy("1")
        event["collectors"][name] |= {"count": 100} | more
        return event

    days.usual(build(**dict.fromkeys(change, 1)))
    days.receive(build(**dict.fromkeys(change, 15)), times=60)
    assert days.fired() == {}
    days.receive(build(**{key: value * 3 for key, value in change.items()}), times=60)
    assert list(days.fired()) == [(alert, name)]


def test_M4_unknown_words_jump(days: Days) -> None:
    other = healthy("1") | {"image": {"os": "(other)", "name": None, "digest": None}}
    days.usual(healthy("1"))
    days.receive_all([healthy("1")] * 81 + [other] * 19)
    assert days.fired() == {}
    days.receive_all([other] * 3)
    assert list(days.fired()) == [("other_jumped", "image.os")]
