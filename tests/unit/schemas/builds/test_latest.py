"""Latest rows are maxima: any order, grouping and repetition of a version's events gives the same rows (builds.md L1–L6)."""

from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.builds.latest import PARTS, join_latest, latest_of, order_tuple
from tests.unit.schemas.builds.events import event, events

Record = dict[str, Any]


def fold(rows: list[Record]) -> Record | None:
    return reduce(join_latest, rows, None)  # type: ignore[arg-type]  # the first is no row


@given(
    st.lists(events, min_size=1, max_size=6).flatmap(
        lambda made: st.tuples(st.just(made), st.permutations(made + made[:2]))
    )
)
def test_L1_order_and_repetition_do_not_matter(pair: tuple[list[Record], list[Record]]) -> None:
    first, second = ([latest_of(one) for one in made] for made in pair)
    # Two events of one id with other content are two events; keep the first of each.
    distinct = {row["latest"]["order"]["event_id"]: row for row in first}
    if len(distinct) == len(first):
        assert fold(first) == fold(second)


@given(st.lists(events, min_size=3, max_size=6, unique_by=lambda made: made["event_id"]), st.data())
def test_L1_grouping_does_not_matter(made: list[Record], data: st.DataObject) -> None:
    rows = [latest_of(one) for one in made]
    cut = data.draw(st.integers(1, len(rows) - 1))
    left, right = fold(rows[:cut]), fold(rows[cut:])
    assert right is not None
    assert join_latest(left, right) == fold(rows)


def test_L3_L4_a_build_that_knows_nothing_moves_the_facts_only() -> None:
    known = event(1, started_at=1, attempt=1, success=True, statuses=("ok",) * 11, truncated=False)
    broken = event(2, started_at=2, attempt=1, success=False, statuses=("missing",) * 11, truncated=False)
    row = fold([latest_of(broken), latest_of(known)])
    assert row is not None
    assert row["latest"]["order"]["event_id"] == broken["event_id"]
    assert row["latest"]["parts"]["python"] == {"known": row["successful"]["order"], "value": {"version": "1"}}
    assert row["successful"]["order"]["event_id"] == known["event_id"]


def test_L3_a_cut_list_is_no_knowledge() -> None:
    cut = event(1, started_at=1, attempt=1, success=True, statuses=("ok",) * 11, truncated=True)
    assert latest_of(cut)["latest"]["parts"] == dict.fromkeys(PARTS)


def test_L6_a_reset_build_wins_by_its_start_or_attempt() -> None:
    statuses = ("ok",) * 11
    first, again = event(0, 1, 1, True, statuses, False), event(3, 1, 2, True, statuses, False)
    assert first["build"]["id"] == again["build"]["id"]
    row = fold([latest_of(again), latest_of(first)])
    assert row is not None
    assert row["latest"]["order"]["attempt"] == 2
    assert order_tuple(row["latest"]["order"])[:2] == (1, 2)
