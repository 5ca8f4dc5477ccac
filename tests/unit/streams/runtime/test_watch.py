"""Lag and readiness from samples."""

from streams.runtime.watch import LATE_SECONDS, Watch


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_readiness_turns_red_when_a_record_waits_and_green_when_it_is_done() -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    assert watch.wrong() == "starting: no partition assigned yet"
    watch.started = True
    assert watch.sample(1, end=10, position=4, stopped=None).lag() == 6
    clock.now = LATE_SECONDS - 1
    watch.sample(1, end=20, position=9, stopped=None)
    assert watch.wrong() is None
    clock.now = LATE_SECONDS + 1
    assert watch.wrong() == f"records wait for {clock.now:.0f} s on partitions [1]"
    watch.sample(1, end=20, position=10, stopped=None)
    assert watch.wrong() is None, "what waits now came later"
    watch.sample(1, end=20, position=20, stopped=None)
    assert watch.backlogs[1].lag() == 0


def test_a_stopped_partition_is_red_until_it_is_not_ours_or_goes_on() -> None:
    watch = Watch(clock=Clock(), started=True)
    watch.sample(2, end=1, position=0, stopped="a hole")
    assert watch.wrong() == "partition 2: a hole"
    watch.sample(2, end=1, position=1, stopped=None)
    assert watch.wrong() is None
    watch.sample(2, end=1, position=0, stopped="a hole")
    watch.keep_only({1})
    assert watch.wrong() is None
