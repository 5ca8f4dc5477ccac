"""The shipper's process beside a real Kafka: killed, stopped, and without a broker (DL34)."""

import json
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from headcount.settings import KafkaSettings
from tests.integration.ship.shipping import batches, events, letters, ship, words
from tests.kafka_topics import eventually
from tests.processes import environment, headcount, running
from tests.stack import Stack
from tests.unit.producers.ship.log_of import Log, json_line


def lines(first: int, last: int) -> list[bytes]:
    return [
        json_line(uri=f"/your-tool/1.0/f{number}.zip", address=f"192.0.2.{number % 40}")
        if number % 50
        else b"broken %d" % number
        for number in range(first, last)
    ]


def assert_each_once(settings: KafkaSettings, count: int) -> None:
    wanted = [number for number in range(count) if number % 50]
    assert Counter(event["file"] for event in events(settings)) == Counter(f"f{number}.zip" for number in wanted)
    assert len(letters(settings)) == count - len(wanted)


def pending(state: Path) -> bool | None:
    """Whether a round is on its way; None before there was any."""
    found = list(state.rglob("position.json"))
    return bool(json.loads(found[0].read_text())["pending"]) if found else None


@pytest.mark.parametrize("how", ["rename", "copytruncate"])
def test_DL34_killed_at_any_moment_under_writing_and_rotation(topics: KafkaSettings, tmp_path: Path, how: str) -> None:
    chance = random.Random(how)
    log = Log(tmp_path)
    state = tmp_path / "state"
    environ = environment(topics, state)
    log.write(*lines(0, 10))
    ship(environ, log.path)
    for _ in range(6):
        with running(["-m", "headcount", *words(log.path)], environ, tmp_path / "ship.log") as process:
            for _ in range(chance.randint(3, 6)):
                # Every step waits for the position to be written, so a kill comes at a moment of work, not of sleep.
                before = next(state.rglob("position.json")).stat().st_mtime_ns
                log.write(*lines(len(log.written), len(log.written) + chance.choice((50, 3_000, 9_000))))
                if chance.random() < 0.4:
                    if how == "copytruncate":
                        log.copytruncate()
                    else:
                        log.rename()
                        log.reopen()
                        log.pack(2)
                eventually(
                    lambda: next(state.rglob("position.json")).stat().st_mtime_ns,
                    is_right=lambda now, before=before: now != before,  # type: ignore[misc]
                )
            if chance.random() < 0.7:
                log.write(*lines(len(log.written), len(log.written) + 20_000))
                eventually(lambda: pending(state), is_right=bool, seconds=5)
            process.process.send_signal(signal.SIGKILL)
            process.ended()
    log.write_half(b"a half line that is waited for")
    log.close()
    ship(environ, log.path)
    assert pending(state) is False
    assert_each_once(topics, len(log.written))
    assert ship(environ, log.path) == {"lines": 0, "events": 0, "refused": 0}


def test_DL34_sigterm_ends_after_the_round_in_hand(topics: KafkaSettings, tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(*lines(0, 30_000))
    log.close()
    environ = environment(topics, tmp_path / "state")
    with running(["-m", "headcount", *words(log.path)], environ, tmp_path / "ship.log") as process:
        eventually(lambda: pending(tmp_path / "state"), is_right=lambda now: now is not None)
        process.process.terminate()
        assert process.ended() == 0
        counts = next(line for line in process.lines() if "lines" in line)
    assert pending(tmp_path / "state") is False
    assert 0 < counts["lines"] <= 30_000
    assert len(events(topics)) == counts["events"]
    rest = ship(environ, log.path)
    assert counts["lines"] + rest["lines"] == 30_000
    assert_each_once(topics, 30_000)


def test_DL34_while_kafka_is_away_the_log_waits(stack: Stack, topics: KafkaSettings, tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write(*lines(0, 100))
    environ = environment(topics, tmp_path / "state")
    with running(["-m", "headcount", *words(log.path)], environ, tmp_path / "ship.log") as process:
        eventually(lambda: pending(tmp_path / "state"), is_right=lambda now: now is False)
        stack.kafka.kill()
        try:
            log.write(*lines(100, 200))
            assert eventually(lambda: pending(tmp_path / "state"), is_right=bool)
            log.rename()
            log.reopen()
            log.write(*lines(200, 300))
            process.process.terminate()
            assert process.ended() == 0, "what Kafka has not taken is sent by the next run"
        finally:
            stack.kafka.start()
    log.close()
    ship(environ, log.path)
    assert_each_once(topics, 300)


def test_DL34_the_command_says_what_is_wrong(topics: KafkaSettings, tmp_path: Path) -> None:
    environ = environment(topics, tmp_path / "state")
    log = tmp_path / "access.log"
    gone = headcount(environ, *words(log, "--once"))
    assert gone.returncode == 1
    assert "there is no such log" in gone.stderr
    assert str(log) in gone.stderr
    assert headcount(environ, "ship-nginx", str(log)).returncode == 2
    assert headcount(environ, *words(log, "--trusted-proxy", "x")).returncode == 1
    assert headcount(environ, *words(log, "--from", "yesterday")).returncode == 2
    assert_no_events(topics)


def assert_no_events(settings: KafkaSettings) -> None:
    assert batches(settings) == []


def test_DL34_yesterdays_files_from_a_day_on(topics: KafkaSettings, tmp_path: Path) -> None:
    log = Log(tmp_path)
    for day in (22, 23, 24):  # of November 2026, at noon
        log.write(*(json_line(at=str(1_795_521_600 + (day - 24) * 86_400 + n), uri=f"/your-tool/1.0/d{day}-{n}.zip")
                    for n in range(100)))  # fmt: skip
        if day < 24:
            log.rename()
            log.reopen()
            log.pack(2)
    log.close()
    assert {each.name for each in tmp_path.iterdir()} == {"access.log", "access.log.1", "access.log.2.gz"}
    environ = environment(topics, tmp_path / "state")
    counts = ship(environ, log.path, "--from", "2026-11-23")
    assert counts == {"lines": 300, "events": 200, "refused": 0, "early": 100}
    found = Counter(event["file"].partition("-")[0] for event in events(topics))
    assert found == {"d23": 100, "d24": 100}
    os.utime(tmp_path / "access.log.2.gz")
    assert ship(environ, log.path, "--from", "2026-11-20") == {"lines": 0, "events": 0, "refused": 0}
