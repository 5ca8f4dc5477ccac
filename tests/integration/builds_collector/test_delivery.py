"""B33, I2, I3: events of the wrapper and of the documented builder arrive on a real broker, once."""

# a test is named for its row of builds.md

import time
from pathlib import Path
from typing import Any

from headcount.kafka import consumer
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.codec import decode
from schemas.topics import RAW_BUILDS
from tests.integration.builds_collector.wrapper import Wrapper
from tests.stack import Stack


def events(settings: KafkaSettings, count: int) -> list[dict[str, Any]]:
    """Wait for `count` events on the raw topic, and give all that are there."""
    reader = consumer(settings, group_id=f"g{time.monotonic_ns()}", auto_offset_reset="earliest")
    reader.subscribe([settings.name(RAW_BUILDS)])
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + 60
    try:
        while len(found) < count and time.monotonic() < deadline:
            message = reader.poll(0.2)
            if message is not None and message.error() is None:
                found += decode(RAW_BUILDS, message.value() or b"")["events"]
    finally:
        reader.close()
    return found


def environ_of(settings: KafkaSettings) -> dict[str, str]:
    return {"HEADCOUNT_KAFKA": settings.bootstrap, "HEADCOUNT_KAFKA_TOPIC_PREFIX": settings.topic_prefix}


def test_I3_an_event_arrives_and_nothing_is_said(wrapper: Wrapper, kafka: KafkaSettings) -> None:
    ensure(kafka, (RAW_BUILDS,))
    done = wrapper.run(command=("sh", "-c", "echo out; echo err >&2; exit 4"), real=True, **environ_of(kafka))
    assert (done.returncode, done.stdout, done.stderr) == (4, b"out\n", b"err\n")
    (event,) = events(kafka, 1)
    assert event["build"]["failure"] == {"stage": "build", "error": "exit:4"}
    assert event["project"]["id"] == "kiln"
    assert "jinja2" in [row["name"] for row in event["packages"]["pip"]["all"]]


def test_B33_builds_while_kafka_is_away_arrive_when_it_is_back(
    wrapper: Wrapper, kafka: KafkaSettings, stack: Stack
) -> None:
    ensure(kafka, (RAW_BUILDS,))
    stack.kafka.stop()
    try:
        for number in range(2):
            done = wrapper.run("--build-id", str(number), command=("true",), **environ_of(kafka))
            assert done.returncode == 0
            assert done.stderr.count(b"\n") == 1
            assert b"waits in" in done.stderr
    finally:
        stack.kafka.start()
    assert wrapper.run("--build-id", "2", command=("true",), **environ_of(kafka)).stderr == b""
    assert sorted(event["build"]["id"] for event in events(kafka, 3)) == ["0", "1", "2"]


def test_I3_a_local_stack_is_found_by_its_state_folder(wrapper: Wrapper, stack: Stack) -> None:
    ensure(stack.kafka_settings(), (RAW_BUILDS,))
    state = Path(wrapper.environ["HEADCOUNT_STATE_DIR"])
    state.mkdir()
    (state / "stack.json").write_text(f'{{"kafka": "{stack.bootstrap}"}}')
    assert wrapper.run("--build-id", "found", command=("true",)).stderr == b""
    assert "found" in [event["build"]["id"] for event in events(stack.kafka_settings(), 1)]
