"""L7, L8 in streams: tombstones, late events, later builds, marks that survive a takeover and go after their time."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.builds.latest import key_of
from streams import retire
from streams.builds.domain import builds, project_key
from streams.latest_rows import LatestRows
from streams.scrub.names import load
from streams.state import MARKS_KEPT_US, State
from tests.build_events import event, retirement
from tests.unit.streams.partition import NOW, Partition, Takes, letters, record

Record = dict[str, Any]
DAY_US = 24 * 3_600_000_000
DOMAIN = builds(load())
KEY = key_of("p", "1")


def at(second: int) -> str:
    return f"2026-03-02T10:00:{second:02d}Z"


def build(number: int, second: int, *, version: str = "1", **more: Any) -> Record:
    return event(number, project="p", version=version, started_at=at(second), **({"success": True} | more))


def test_L7_a_version_goes_with_a_tombstone_and_stays_away_until_a_later_build() -> None:
    takes = Takes(DOMAIN)
    takes.take(build(1, 10), build(2, 10, version="2"))
    assert takes.take(retirement("p", "1", at(20))) == {KEY: None}
    assert list(takes.rows()) == [key_of("p", "2")]
    assert takes.take(build(3, 20)) == {}, "late, and not even a second tombstone"
    (row,) = takes.take(build(4, 21)).values()
    assert row is not None
    assert row["latest"]["order"]["build_id"] == "4"


def test_L7_a_project_goes_with_all_versions_whatever_their_place_in_the_take() -> None:
    takes = Takes(DOMAIN)
    takes.take(build(1, 10), build(2, 10, version="2"), event(3, project="p2", started_at=at(10)))
    written = takes.take(
        build(4, 11, version="3"), retirement("p", None, at(20)), build(5, 12, version="4"), build(6, 30, version="2")
    )
    assert {key: row and row["latest"]["order"]["build_id"] for key, row in written.items()} == {
        KEY: None,
        key_of("p", "2"): "6",
    }
    assert sorted(takes.rows()) == [key_of("p", "2"), key_of("p2", "1")]
    assert takes.take(build(7, 20, version="9")) == {}, "nor a version that nobody had seen before"


def test_L7_a_row_with_later_facts_loses_the_parts_that_were_known_before() -> None:
    takes = Takes(DOMAIN)
    failed = build(2, 30, success=False)
    failed["collectors"] |= {"python": failed["collectors"]["python"] | {"status": "error"}}
    takes.take(build(1, 10), failed)
    (row,) = takes.take(retirement("p", "1", at(20))).values()
    assert row is not None
    assert row["successful"] is None
    assert row["latest"]["order"]["build_id"] == "2"
    assert row["latest"]["parts"]["python"] is None
    assert row["latest"]["parts"]["os"] is not None


def test_L7_redelivery_and_an_older_retirement_change_nothing() -> None:
    takes = Takes(DOMAIN)
    first = build(1, 10)
    takes.take(first)
    retired = retirement("p", "1", at(20))
    takes.take(retired)
    assert takes.take(first, retired, build(2, 15)) == {}
    assert takes.take(retirement("p", "1", at(12))) == {}
    assert takes.take(build(3, 20)) == {}


def test_L7_marks_survive_a_takeover() -> None:
    takes = Takes(DOMAIN)
    takes.take(build(1, 10), build(2, 10, version="2"))
    takes.take(retirement("p", "1", at(20)), retirement("p", None, at(15)))
    other = takes.taken_over()
    assert other.take(build(3, 20), build(4, 15, version="2")) == {}
    assert other.rows() == {}
    assert list(other.take(build(5, 16, version="2"))) == [key_of("p", "2")]


def test_L7_an_aborted_take_retires_nothing() -> None:
    takes = Takes(DOMAIN)
    takes.take(build(1, 10))
    takes.partition.decide(record(1, [retirement("p", "1", at(20))]))
    assert list(takes.rows()) == [KEY]
    assert list(takes.take(build(2, 15))) == [KEY]


def test_L7_a_mark_goes_thirty_days_after_its_receipt() -> None:
    takes = Takes(DOMAIN)
    takes.take(retirement("p", "1", at(20)))
    assert takes.take(build(1, 10), at=NOW + MARKS_KEPT_US) == {}
    assert takes.take(build(2, 11), at=NOW + MARKS_KEPT_US + 1) == {}, "let go behind the take, not before"
    assert takes.state[b"r:" + KEY] is None
    assert list(takes.take(build(3, 12), at=NOW + MARKS_KEPT_US + 1)) == [KEY]


def test_L7_a_mark_that_is_renewed_stays() -> None:
    takes = Takes(DOMAIN)
    takes.take(retirement("p", "1", at(20)))
    takes.take(retirement("p", "1", at(18)), at=NOW + DAY_US)
    takes.take(build(1, 10), at=NOW + MARKS_KEPT_US + 1)
    assert takes.take(build(2, 20), at=NOW + MARKS_KEPT_US + 1) == {}


@pytest.mark.parametrize("version", [None, {"id": None, "slug": None, "kind": None, "default": False}, {"id": ""}])
def test_L7_a_version_that_is_not_named_is_refused(version: Record | None) -> None:
    retired = retirement("p", "1", at(20))
    if version is not None:
        version = retired["version"] | version
    take = Partition(DOMAIN).decide(record(0, [retired | {"version": version}]))
    (letter,) = letters(take)
    assert (letter["reason"], letter["detail"]) == ("version", "version.id")


@pytest.mark.parametrize("project", ['a","b', "a\\", '","', 'ä,"b', "null", "[", "p,null"])
@pytest.mark.parametrize("version", ['a","b', "1", '",', "null", "ä"])
def test_L7_any_ids_have_a_key_of_their_project(project: str, version: str) -> None:
    assert project_key(key_of(project, version)) == project_key(key_of(project, "another"))
    assert project_key(key_of(project, version)) == project_key(project_key(key_of(project, version)))
    assert project_key(key_of(project, version)) != project_key(key_of(project + "x", version))


steps = st.lists(
    st.one_of(
        st.builds(
            lambda second, version, success, known: ("build", second, version, success, known),
            st.integers(1, 6),
            st.sampled_from(["1", "2"]),
            st.booleans(),
            st.booleans(),
        ),
        st.builds(
            lambda second, version: ("retire", second, version), st.integers(0, 6), st.sampled_from(["1", "2", None])
        ),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(steps=steps, seed=st.integers(0, 99), data=st.data())
def test_L7_any_order_grouping_and_takeover_gives_the_rows_of_the_builds_that_are_left(
    steps: list[Any], seed: int, data: st.DataObject
) -> None:
    made = []
    for number, step in enumerate(steps):
        if step[0] == "retire":
            made.append(retirement("p", step[2], at(step[1])))
            continue
        one = build(number, step[1], version=step[2], success=step[3])
        one["collectors"]["python"] |= {"status": "ok" if step[4] else "error"}
        made.append(one)
    left = Takes(DOMAIN)
    greatest = {
        version: max((step[1] for step in steps if step[0] == "retire" and step[2] in (version, None)), default=-1)
        for version in ("1", "2")
    }
    alive = [one for step, one in zip(steps, made, strict=True) if step[0] == "build" and step[1] > greatest[step[2]]]
    left.take(*alive)
    takes = Takes(DOMAIN)
    order = made + data.draw(st.lists(st.sampled_from(made), max_size=3)) if made else []
    random.Random(seed).shuffle(order)
    while order:
        cut = data.draw(st.integers(1, len(order)))
        takes.take(*order[:cut])
        order = order[cut:]
        if data.draw(st.booleans()):
            takes = takes.taken_over()
    assert takes.rows() == left.rows()


def days_ago(days: int) -> str:
    return datetime.fromtimestamp((NOW - days * DAY_US) / 1_000_000, UTC).isoformat()


def old(number: int, days: int, **more: Any) -> Record:
    return event(number, project="p", version=str(number), started_at=days_ago(days), **({"success": True} | more))


def test_L8_old_rows_go_once_a_day_of_receipt_and_leave_a_mark() -> None:
    takes = Takes(DOMAIN)
    takes.take(old(1, 400), old(2, 390), at=NOW - DAY_US)
    assert len(takes.rows()) == 2
    written = takes.take(event(99), at=NOW + DAY_US)
    assert written.pop(key_of("p49", "1")) is not None
    assert written == {key_of("p", "1"): None}
    late = old(3, 401) | {"version": old(1, 0)["version"]}
    assert takes.take(late, at=NOW + DAY_US) == {}, "late, and older than what went"
    newer = old(4, 1) | {"version": old(1, 0)["version"]}
    assert list(takes.take(newer, at=NOW + DAY_US)) == [key_of("p", "1")]


def test_L8_the_marks_of_old_rows_survive_a_takeover() -> None:
    takes = Takes(DOMAIN)
    takes.take(old(1, 401), at=NOW - 2 * DAY_US)
    other = takes.taken_over()
    assert other.take(event(99))[key_of("p", "1")] is None
    again = other.taken_over()
    assert again.take(old(5, 402) | {"version": old(1, 0)["version"]}) == {}


def test_L8_a_half_goes_alone_where_only_its_knowledge_is_old() -> None:
    takes = Takes(DOMAIN)
    failed = old(2, 3, success=False) | {"version": old(1, 0)["version"]}
    takes.take(old(1, 401), failed, at=NOW - 2 * DAY_US)
    row = takes.take(event(99))[key_of("p", "1")]
    assert row is not None
    assert row["successful"] is None
    assert row["latest"]["order"]["build_id"] == "2"


def test_L8_a_take_retires_a_bounded_number_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retire, "SWEPT_AT_ONCE", 2)
    takes = Takes(DOMAIN)
    takes.take(*(old(number, 401) for number in range(1, 6)), at=NOW - 2 * DAY_US)
    gone = [sum(row is None for row in takes.take(event(100 + number)).values()) for number in range(4)]
    assert gone == [2, 2, 1, 0]


def test_L8_rows_are_looked_through_once_a_day_of_receipt() -> None:
    takes = Takes(DOMAIN)
    takes.take(event(99))
    takes.take(old(1, 401))
    assert key_of("p", "1") not in takes.take(event(98))
    assert takes.take(event(97), at=NOW + DAY_US)[key_of("p", "1")] is None


def test_rows_that_the_table_has_from_before_are_not_ours() -> None:
    table: dict[bytes, Record] = {key_of("p", "1"): {"of": "a former ownership"}}
    rows = LatestRows(table, DOMAIN.retirement.group_of)
    assert rows.get(key_of("p", "1")) is None
    assert list(rows) == []
    rows.put(key_of("p", "2"), {"of": "now"})
    rows.put(key_of("p", "3"), {"of": "now"})
    assert set(rows) == rows.group(project_key(key_of("p", "2"))) == {key_of("p", "2"), key_of("p", "3")}
    rows.put(key_of("p", "2"), None)
    rows.put(key_of("p", "2"), None)
    assert (list(rows), len(rows), rows.get(key_of("p", "2"))) == ([key_of("p", "3")], 1, None)


def test_L7_state_rows_restore_marks_in_the_order_of_their_receipt() -> None:
    takes = Takes(DOMAIN)
    for number, day in enumerate((0, 1, 2)):
        takes.take(retirement("p", str(number), at(number)), at=NOW + day * DAY_US)
    takes.take(retirement("p", "0", at(30)), at=NOW + 3 * DAY_US)
    restored = State()
    for key, value in takes.state.items():
        restored.load(key, value)
    assert restored.marks == takes.partition.state.marks
    assert restored.rows() == takes.partition.state.rows()
