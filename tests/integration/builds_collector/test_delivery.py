"""B33, I2, I3: events of the wrapper and of the documented builder arrive on a real broker, once."""

# a test is named for its row of builds.md

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from headcount.kafka import consumer
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from producers.builds.delivery import Outbox
from producers.publisher import Publisher
from schemas.codec import decode
from schemas.topics import RAW_BUILDS
from tests.integration.builds_collector.wrapper import Wrapper
from tests.stack import Stack

DOCS = Path(__file__).resolve().parents[3] / "docs/integrate-a-builder.md"


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


def documented_builder() -> dict[str, Any]:
    """The code of docs/integrate-a-builder.md."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(DOCS), "exec"), names)  # it is our own documentation
    return names


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker exec` whose container is this machine, and which notes what it was asked."""
    log = tmp_path / "asked"
    script = tmp_path / "docker-bin/docker"
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        "words = sys.argv[1:]\n"
        f"open({str(log)!r}, 'a').write(repr(words) + '\\n')\n"
        "assert words.pop(0) == 'exec'\n"
        "while words[0].startswith('--'):\n"
        "    option, value, *words = words\n"
        "    if option == '--workdir': os.chdir(value)\n"
        "    else: os.environ.__setitem__(*value.split('=', 1))\n"
        "assert words.pop(0) == 'build-1'\n"
        "os.execvp(words[0], words)\n"
    )
    script.chmod(0o755)
    folders = [str(script.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    return log


@pytest.mark.parametrize("failing", [None, "install", "run_build", "upload"])
def test_I2_the_documented_builder_gives_a_whole_event(docker: Path, failing: str | None) -> None:
    names, outbox, said = documented_builder(), Outbox(), []

    def part(name: str) -> None:
        said.append(name)
        if name == failing:
            raise ConnectionError("a message with a /home/path")

    for name in ("install", "run_build", "upload", "save_final_state"):
        names[name] = lambda name=name: part(name)
    names["read_config"] = lambda: ({"version": 2}, {"build": {"os": "ubuntu-24.04"}, "doctype": "sphinx"})
    if failing is None:
        names["build"](outbox, "build-1", ["private-value"])
    else:
        with pytest.raises(ConnectionError):
            names["build"](outbox, "build-1", ["private-value"])
    record = outbox.record
    assert record is not None
    assert said[-1] == "save_final_state"
    assert record["build"]["success"] is (failing is None)
    assert record["build"]["failure"] == (None if failing is None else {"stage": "build", "error": "ConnectionError"})
    results = {name: result["status"] for name, result in record["collectors"].items()}
    assert {results[name] for name in ("python", "os", "pip_all", "pip_root")} == {"ok"}
    assert record["python"]["version"] == sys.version.split()[0]
    assert "'LC_ALL=C.UTF-8'" in docker.read_text()
    assert record["image"] == {"os": "ubuntu-24.04", "name": "builder:ubuntu-24.04", "digest": None}


def test_I2_the_documented_builder_hands_over_to_a_real_publisher(
    docker: Path, kafka: KafkaSettings, tmp_path: Path
) -> None:
    ensure(kafka, (RAW_BUILDS,))
    names = documented_builder()
    for name in ("install", "run_build", "upload", "save_final_state"):
        names[name] = lambda: None
    names["read_config"] = lambda: ({"version": 2}, {"build": {"os": "ubuntu-24.04"}})
    with Publisher(kafka, spool_dir=tmp_path / "spool") as publisher:
        names["build"](publisher, "build-1", [])
        assert publisher.flush(30) == 0
    (event,) = events(kafka, 1)
    assert event["version"] == {"id": "9013", "slug": "latest", "kind": "branch", "default": False}


def test_I5_the_documented_workflow_calls_what_there_is() -> None:
    (workflow,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert 'headcount build --build-id "${{ github.run_id }}-${{ matrix.python }}" -- sphinx-build docs out' in workflow
