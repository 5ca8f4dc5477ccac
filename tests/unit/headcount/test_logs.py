"""Log lines: one JSON object each, readable alone; a library that repeats itself is held to a line a while."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from headcount import logs
from headcount.logs import QUIET_SECONDS, JsonFormatter, RateLimit, configure

LIBRARIES = ("faust", "aiokafka", "mode", "headcount.kafka.client")


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """What a configured process writes; the loggers are left as they were."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    libraries = {name: (logging.getLogger(name).level, logging.getLogger(name).filters[:]) for name in LIBRARIES}
    stream = io.StringIO()
    configure("sink", "info", stream=stream)
    yield stream
    root.handlers[:], _ = before
    root.setLevel(before[1])
    for name, (level, filters) in libraries.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).filters[:] = filters


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the rate limit; tests move its one value."""
    now = [1000.0]
    monkeypatch.setattr(logs, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_an_object_that_reads_alone(out: io.StringIO) -> None:
    logging.getLogger("headcount.sink").info(
        "a partition stopped", extra={"fields": {"topic": "headcount.builds.raw.v1", "partition": 3}}
    )
    (line,) = lines(out)
    at = line.pop("at")
    assert line == {
        "level": "info",
        "process": "sink",
        "event": "a partition stopped",
        "topic": "headcount.builds.raw.v1",
        "partition": 3,
    }
    assert len(at) == len("2026-03-02T10:00:00.250Z")
    assert at.endswith("Z")


def test_the_time_is_utc() -> None:
    record = logging.makeLogRecord({"msg": "x", "created": 1_772_445_600.25, "levelname": "INFO"})
    assert json.loads(JsonFormatter("p").format(record))["at"] == "2026-03-02T10:00:00.250Z"


def test_a_line_stays_one_line_whatever_is_in_it(out: io.StringIO) -> None:
    logging.getLogger("x").warning("two\nlines", extra={"fields": {"odd": {1, 2}, "words": "zwölf\r\n"}})
    assert out.getvalue().count("\n") == 1
    assert lines(out)[0]["words"] == "zwölf\r\n"


def test_an_exception_is_in_its_line(out: io.StringIO) -> None:
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("x").exception("it failed")
    (line,) = lines(out)
    assert line["level"] == "error"
    assert "ValueError: why" in line["exception"]


def test_below_the_level_nothing_is_written(out: io.StringIO) -> None:
    logging.getLogger("headcount.sink").debug("detail")
    assert out.getvalue() == ""


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_says_warnings_only_and_each_once_a_while(library: str, out: io.StringIO, clock: list[float]) -> None:
    logger = logging.getLogger(library)
    logger.info("chatter")
    for number in range(50):
        logger.warning("connect to broker %d failed", number)
    logger.warning("something else")
    assert [line["event"] for line in lines(out)] == ["connect to broker 0 failed", "something else"]
    clock[0] += QUIET_SECONDS
    logger.warning("connect to broker %d failed", 50)
    assert lines(out)[-1]["event"] == "connect to broker 50 failed"


def test_our_own_lines_are_never_held_back(out: io.StringIO) -> None:
    for _ in range(3):
        logging.getLogger("headcount.sink").info("a partition stopped")
    assert len(lines(out)) == 3


def test_the_first_line_passes_on_a_machine_that_has_just_started(clock: list[float]) -> None:
    clock[0] = 0.5
    limit = RateLimit(30.0)
    record = logging.makeLogRecord({"msg": "x", "name": "n"})
    assert limit.filter(record)
    assert not limit.filter(record)


def test_logs_go_to_stderr_by_default(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    configure("streams-0", "warning")
    logging.getLogger("x").warning("here")
    assert json.loads(stderr.getvalue())["process"] == "streams-0"
