"""L7, L8: a mark of retirement counts as if the builds up to it had never been, whenever it comes."""

import json
from functools import reduce
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.builds.latest import PARTS, join_latest, latest_of
from schemas.builds.retirement import (
    DAY_US,
    HALVES,
    STALE_DAYS,
    Mark,
    later,
    mark_of,
    prune,
    prune_latest,
    scope_of,
    stale,
)
from tests.unit.schemas.builds.events import event, events

Record = dict[str, Any]
ALL = ("ok",) * len(PARTS)
NONE = ("missing",) * len(PARTS)

times = st.integers(-1, 4)
marks = st.builds(lambda at: {"kind": "retired", "at": at}, times)


def apply(row: Record | None, mark: Mark, step: Record) -> tuple[Record | None, Mark]:
    """One step as streams and sinks take it: a mark prunes what there is, a build is pruned by the marks so far."""
    if step.get("kind") == "retired":
        mark = later(mark, dict.fromkeys(HALVES, step["at"]))
    else:
        row = join_latest(row, latest_of(step))
    return (None if row is None else prune_latest(row, mark)), mark


@given(
    made=st.lists(events, max_size=6, unique_by=lambda made: made["event_id"]),
    retired=st.lists(marks, max_size=3),
    data=st.data(),
)
def test_L7_any_order_and_repetition_gives_what_joining_the_later_builds_gives(
    made: list[Record], retired: list[Record], data: st.DataObject
) -> None:
    steps = made + retired
    again = steps + (data.draw(st.lists(st.sampled_from(steps), max_size=3)) if steps else [])
    row, mark = None, dict[str, int]()
    for step in data.draw(st.permutations(again)):
        row, mark = apply(row, mark, step)  # type: ignore[assignment]  # a mark is a mapping
    greatest = max((step["at"] for step in retired), default=-1)
    newer = [latest_of(one) for one in made if one["build"]["started_at"] > greatest]
    assert row == reduce(join_latest, newer, None)  # type: ignore[arg-type]  # the first is no row


@given(made=st.lists(events, min_size=2, max_size=6, unique_by=lambda made: made["event_id"]), at=times, data=st.data())
def test_L7_pruning_commutes_with_joining(made: list[Record], at: int, data: st.DataObject) -> None:
    """So groups of a version's builds may be joined first, and pruned before or after that."""
    cut = data.draw(st.integers(1, len(made) - 1))
    left, right = (reduce(join_latest, map(latest_of, group), None) for group in (made[:cut], made[cut:]))  # type: ignore[arg-type]
    assert left is not None
    assert right is not None
    mark = dict.fromkeys(HALVES, at)
    after = prune_latest(join_latest(left, right), mark)
    pruned = [row for row in (prune_latest(left, mark), prune_latest(right, mark)) if row is not None]
    assert after == reduce(join_latest, pruned, None)  # type: ignore[arg-type]


def test_L7_parts_go_by_the_build_that_knows_them() -> None:
    knows = latest_of(event(1, started_at=1, attempt=1, success=False, statuses=ALL, truncated=False))
    newer = latest_of(event(2, started_at=3, attempt=1, success=False, statuses=("ok", *NONE[1:]), truncated=False))
    row = join_latest(knows, newer)["latest"]
    assert prune(row, 0) is row
    pruned = prune(row, 1)
    assert pruned is not None
    assert [part for part, known in pruned["parts"].items() if known is not None] == [PARTS[0]]
    assert pruned["order"] == row["order"]
    assert prune(row, 3) is None
    assert row["parts"]["python"] is not None, "the row itself is left alone"


def test_L7_what_a_mark_does_not_reach_is_the_same_object() -> None:
    rows = latest_of(event(1, started_at=5, attempt=1, success=True, statuses=ALL, truncated=False))
    assert prune_latest(rows, dict.fromkeys(HALVES, 4)) is rows
    assert prune_latest(rows, {}) is rows
    assert prune_latest(rows, {"successful": 5}) == {"latest": rows["latest"], "successful": None}
    assert prune_latest(rows, dict.fromkeys(HALVES, 5)) is None


@pytest.mark.parametrize(
    ("kind", "version", "scope"),
    [
        ("version_retired", {"id": "v"}, ("p", "v")),
        ("version_retired", None, None),
        ("project_retired", {"id": "v"}, ("p", None)),
        ("project_retired", None, ("p", None)),
        ("build_finished", {"id": "v"}, None),
    ],
)
def test_L7_what_an_event_retires(kind: str, version: Record | None, scope: tuple[str, str | None] | None) -> None:
    made = {"kind": kind, "project": {"id": "p"}, "version": version, "build": {"started_at": 7}}
    assert scope_of(made) == scope
    assert mark_of(made) == {"latest": 7, "successful": 7}


halves = st.dictionaries(st.sampled_from(HALVES), st.integers(0, 9))


@given(halves, halves, halves)
@example({}, {"latest": 1}, {"successful": 2})
def test_L7_marks_join_in_any_order_and_survive_json(one: Mark, two: Mark, three: Mark) -> None:
    assert later(later(one, two), three) == later(three, later(two, one))
    assert later(one, one) == one
    assert json.loads(json.dumps(later(one, two))) == later(one, two)


def at_day(number: int, day: int, *, success: bool = True, statuses: tuple[str, ...] = ALL) -> Record:
    return latest_of(event(number, day * DAY_US, attempt=1, success=success, statuses=statuses, truncated=False))


NOW = 1000 * DAY_US


@pytest.mark.parametrize(("age", "goes"), [(STALE_DAYS, False), (STALE_DAYS + 1, True)])
@pytest.mark.parametrize("statuses", [ALL, NONE, ("ok", *NONE[1:])])
def test_L8_a_row_goes_when_all_that_it_knows_is_too_old(age: int, goes: bool, statuses: tuple[str, ...]) -> None:
    row = at_day(1, 1000 - age, statuses=statuses)
    assert stale(row, NOW) == (dict.fromkeys(HALVES, (1000 - age) * DAY_US) if goes else {})


def test_L8_builds_that_know_nothing_do_not_keep_old_knowledge() -> None:
    row = join_latest(at_day(1, 100), at_day(2, 999, success=False, statuses=NONE))
    mark = stale(row, NOW)
    assert mark == {"latest": 999 * DAY_US, "successful": 100 * DAY_US}
    assert prune_latest(row, mark) is None
    assert stale(at_day(2, 999, success=False, statuses=NONE), NOW) == {}, (
        "where nobody knew anything, its own start counts"
    )


def test_L8_one_part_that_is_young_keeps_the_row_and_its_old_parts() -> None:
    row = join_latest(at_day(1, 100), at_day(2, 999, success=False, statuses=("ok", *NONE[1:])))
    assert stale(row, NOW) == {"successful": 100 * DAY_US}, "of successful builds, nobody has learnt anything since"
    pruned = prune_latest(row, stale(row, NOW))
    assert pruned == {"latest": row["latest"], "successful": None}
