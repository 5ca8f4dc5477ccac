"""What a build leaves for the weekly series: a set, whatever the order, and versions cut as the views cut them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.builds.rows import Contents, packed_row
from sinks.builds.weeks import KINDS, Weeks, monday, series
from tests.integration.sink.records import DAY, T0, build_event


def members(*events: dict[str, object]) -> set[tuple[object, ...]]:
    weeks = Weeks()
    for event in events:
        weeks.add(packed_row(event, Contents()))
    return weeks.rows


def test_S5_a_success_leaves_each_kind_once_in_the_week_of_its_start() -> None:
    found = members(build_event("1"), build_event("2", started_at=T0 + 1))
    assert {(row[0], row[1], row[2]) for row in found} == {(kind, date(2026, 3, 2), "p1") for kind in KINDS}
    assert {(row[4], row[5]) for row in found if row[0] == "python"} == {("CPython", "3.12")}
    assert {(row[4], row[5]) for row in found if row[0] == "os"} == {("ubuntu", "24.04")}
    assert {row[4] for row in found if row[0] == "known"} == {"pip", "conda", "apt"}


def test_S5_failures_and_pull_requests_leave_nothing() -> None:
    pull_request = build_event("1")
    pull_request["version"]["kind"] = "external"
    assert members(build_event("2", success=False), pull_request) == set()
    assert members(build_event("3", version=None)) != set()


def test_S5_what_is_not_known_is_no_member() -> None:
    statuses = dict.fromkeys(("pip_all", "conda_all", "apt_all", "python", "os", "doctool"), "error")
    event = build_event("1", statuses=statuses)
    event["image"] = {"os": None, "name": None, "digest": None}
    assert [row[0] for row in members(event)] == ["active"]


@pytest.mark.parametrize(
    ("version", "numbers", "expected"),
    [
        ("3.12.4", 2, "3.12"),
        ("24.04", 2, "24.04"),
        ("1:2.3-4", 1, "2"),
        ("2!5.1", 1, "5"),
        ("12", 2, "12"),
        ("3.13.0rc1", 2, "3.13"),
        ("rolling", 2, None),
        ("", 1, None),
        (None, 1, None),
    ],
)
def test_versions_are_cut_to_series(version: str | None, numbers: int, expected: str | None) -> None:
    assert series(version, numbers) == expected


def test_a_week_begins_on_monday_utc() -> None:
    assert monday(datetime(2026, 3, 1, 23, 59, 59, 999999, UTC)) == date(2026, 2, 23)
    assert monday(datetime(2026, 3, 2, tzinfo=UTC)) == date(2026, 3, 2)


EVENTS = st.builds(
    build_event,
    st.sampled_from("12"),
    project=st.sampled_from(["a", "b"]),
    started_at=st.integers(-3, 3).map(lambda days: T0 + days * DAY),
    success=st.booleans(),
    python=st.sampled_from(["3.12.4", "3.13.0", None]),
    pip=st.sampled_from([(), (("sphinx", "8.1.3"),)]),
)


@given(st.lists(EVENTS, max_size=6), st.randoms())
def test_S5_order_grouping_and_repetition_change_nothing(events: list[dict[str, object]], random: object) -> None:
    whole = members(*events)
    again = [*events, *events[:2]]
    random.shuffle(again)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    middle = len(again) // 2
    assert members(*again[:middle]) | members(*again[middle:]) == whole
