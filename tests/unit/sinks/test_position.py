"""What the next clean record means for a position."""

from dataclasses import replace

import pytest

from sinks.position import Cause, Position, Stop, Verdict, judge, missing_offsets
from tests.integration.sink.records import clean_record

AT_5 = Position(0, 5, 9, "cluster-1", "topic-1")


@pytest.mark.parametrize(
    ("raw_offset", "verdict"), [(4, Verdict.PASS_OVER), (5, Verdict.APPLY), (6, Verdict.HOLE), (0, Verdict.PASS_OVER)]
)
def test_raw_offsets_are_contiguous(raw_offset: int, verdict: Verdict) -> None:
    assert judge(AT_5, clean_record(raw_offset)) is verdict


def test_the_first_record_of_all_has_raw_offset_0() -> None:
    assert judge(Position(0), clean_record(0)) is Verdict.APPLY
    assert judge(Position(0), clean_record(3)) is Verdict.HOLE


@pytest.mark.parametrize("other", [{"cluster_id": "cluster-2"}, {"topic_id": "topic-2"}])
def test_another_cluster_or_topic_stops(other: dict[str, str]) -> None:
    for raw_offset in (0, 5, 7):
        assert judge(AT_5, clean_record(raw_offset, **other)) is Verdict.OTHER_SERIES


def test_a_former_series_is_passed_over_and_moves_only_the_place_in_the_clean_topic() -> None:
    fresh = Position(0, former_series=("cluster-1/topic-1",))
    record = clean_record(7)
    assert judge(fresh, record) is Verdict.PASS_OVER
    assert fresh.after(record, 3) == replace(fresh, next_clean_offset=4)


def test_the_position_takes_the_series_of_its_first_record() -> None:
    assert Position(2).after(clean_record(0), 4) == Position(2, 1, 5, "cluster-1", "topic-1")


def test_a_stop_names_what_is_missing_and_the_way_on() -> None:
    hole = Stop("headcount.builds.raw.v1", 3, Cause.HOLE, 12, 16, 40, "c", "t")
    assert missing_offsets(hole) == "12..15"
    assert "12..15" in hole.what
    assert "headcount ledger accept headcount.builds.raw.v1 3" in hole.way_on
    assert missing_offsets(Stop("t", 0, Cause.HOLE, 12, 13)) == "12"
    other = Stop("headcount.builds.raw.v1", 3, Cause.OTHER_SERIES, 12, 0, 0, "c", "t")
    assert "--new-series" in other.way_on
