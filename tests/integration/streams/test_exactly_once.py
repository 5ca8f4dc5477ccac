"""What Faust is known to do wrong, done to a real worker: every raw record still ends in one clean record, in order."""

import signal
from collections.abc import Callable
from pathlib import Path

from streams.runtime.exit import EXIT_CODE
from tests.integration.streams.conftest import Raw, once_each
from tests.processes import running

WORKER = ["-m", "headcount", "streams", "--slot"]
HURT = ["-m", "tests.integration.streams.hurt_worker"]
Log = Callable[[str], Path]


def test_a_take_that_waits_while_another_worker_joins_commits_nothing(
    raw: Raw, environ: dict[str, str], log: Log
) -> None:
    with running([*HURT, "slow", "0"], environ, log("slow")) as slow:
        slow.ready()
        raw.send(3)
        slow.said("a take waits")
        with running([*WORKER, "1"], environ, log("second")) as second:
            second.said("partition owned")
            raw.send(3)
            found = raw.wait_for(48)
            assert slow.said("that was taken away failed", seconds=30)
    assert found == once_each(6)
    assert raw.clean_offsets() == once_each(6)


def test_F5_records_that_faust_skips_are_missed_before_anything_commits(
    raw: Raw, environ: dict[str, str], log: Log
) -> None:
    raw.send(20)
    with running([*HURT, "skips", "0"], environ, log("skips")) as lossy:
        assert lossy.ended() == EXIT_CODE
        (line,) = [line for line in lossy.lines() if line["event"] == "raw records are missing"][:1]
        assert line["first_missing"] <= line["last_missing"]
    with running([*WORKER, "0"], environ, log("healthy")):
        assert raw.wait_for(160) == once_each(20)


def test_F3_F4_an_exception_ends_the_process_and_loses_nothing(raw: Raw, environ: dict[str, str], log: Log) -> None:
    raw.send(5)
    with running([*HURT, "raises", "0"], environ, log("raises")) as broken:
        assert broken.ended() == EXIT_CODE
        assert broken.said("take raised")
    assert raw.clean_offsets() == once_each(0)
    with running([*WORKER, "0"], environ, log("healthy")):
        assert raw.wait_for(40) == once_each(5)


def test_a_killed_worker_is_followed_from_our_position(raw: Raw, environ: dict[str, str], log: Log) -> None:
    with running([*WORKER, "0"], environ, log("first")) as first:
        raw.send(5)
        raw.wait_for(40)
        first.process.kill()
        first.ended()
    raw.send(5)
    with running([*WORKER, "0"], environ, log("second")) as second:
        assert raw.wait_for(80) == once_each(10)
        positions = [line["position"] for line in second.said("partition owned")]
        assert set(positions) == {5}
        second.process.send_signal(signal.SIGTERM)
        assert second.ended() == 0, "SIGTERM drains"
