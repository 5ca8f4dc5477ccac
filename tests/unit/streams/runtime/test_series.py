"""Which positions a partition may go on from, and what a worker remembers of the Kafka it worked on."""

from pathlib import Path

import pytest

from headcount.errors import HeadcountError
from streams.runtime.series import Memory, OtherSeriesError, Series, check
from streams.state import Position

NOW = Series("raw", "cluster", "topic")


def test_without_a_position_it_begins_at_0() -> None:
    assert check(None, NOW, 3, 0, 10) == Position(0, "cluster", "topic")


@pytest.mark.parametrize(
    ("position", "low", "high", "what"),
    [
        (Position(5, "cluster", "other"), 0, 10, "another topic of this name"),
        (Position(5, "elsewhere", "topic"), 0, 10, "another topic of this name"),
        (Position(11, "cluster", "topic"), 0, 10, "past the topic's end 10"),
        (Position(5, "cluster", "topic"), 7, 10, "records 5 to 6 were deleted"),
        (Position(5, "cluster", "topic", paused=True), 0, 10, "do not decode"),
        (None, 7, 10, "records 0 to 6 were deleted"),
    ],
)
def test_what_stops_a_partition_and_the_way_on(position: Position | None, low: int, high: int, what: str) -> None:
    with pytest.raises(HeadcountError, match=what) as stopped:
        check(position, NOW, 3, low, high)
    assert stopped.value.where == "raw, partition 3"
    assert "headcount " in stopped.value.do


def test_at_its_end_and_at_its_beginning_a_partition_goes_on() -> None:
    for offset in (0, 10):
        assert check(Position(offset, "cluster", "topic"), NOW, 3, 0, 10).next_offset == offset


def test_a_worker_knows_that_kafka_was_wiped(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "slot")
    memory.check(NOW, has_position=False)
    memory.keep(NOW)
    memory.check(NOW, has_position=False)
    other = Series("raw", "cluster 2", "topic 2")
    with pytest.raises(OtherSeriesError, match="not the Kafka that was counted"):
        memory.check(other, has_position=False)
    memory.check(other, has_position=True)
    memory.keep(other)
    memory.check(other, has_position=False)
