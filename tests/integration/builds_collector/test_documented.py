"""I2, I5: the code of docs/integrate-a-builder.md does what is said of it, on a real broker as far as there is one."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from headcount.settings import KafkaSettings
from headcount.topics import ensure
from producers.builds.delivery import Outbox
from producers.publisher import Publisher
from schemas.topics import PARTITIONS, RAW_BUILDS
from tests.integration.builds_collector.test_delivery import environ_of, events
from tests.integration.builds_collector.wrapper import Wrapper

DOCS = Path(__file__).resolve().parents[3] / "docs/integrate-a-builder.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)


def documented_builder() -> dict[str, Any]:
    """The code of docs/integrate-a-builder.md."""
    names: dict[str, Any] = {}
    exec(compile(blocks("python")[0], str(DOCS), "exec"), names)  # it is our own documentation
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


STAGES = {None: None, "install": "install", "run_build": "build", "upload": "upload"}


@pytest.mark.parametrize("failing", STAGES)
def test_I2_B9_the_documented_builder_gives_a_whole_event(docker: Path, failing: str | None) -> None:
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
    stage = STAGES[failing]
    assert record["build"]["failure"] == (None if stage is None else {"stage": stage, "error": "ConnectionError"})
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


def test_I2_the_documented_retirement_is_taken_by_a_real_publisher(kafka: KafkaSettings, tmp_path: Path) -> None:
    ensure(kafka, (RAW_BUILDS,))
    (code,) = blocks("python")[1:]
    with Publisher(kafka, spool_dir=tmp_path / "spool") as publisher:
        exec(compile(code, str(DOCS), "exec"), {"publisher": publisher, "now": datetime.now(UTC)})
        assert publisher.flush(30) == 0
    kinds = [event["kind"] for event in events(kafka, 1 + PARTITIONS)]
    assert kinds.count("version_retired") == 1
    assert kinds.count("project_retired") == PARTITIONS


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "pottery/kiln",
    "GITHUB_REF_NAME": "main",
    "GITHUB_RUN_ID": "8123456789",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": "5d1c0ffe5d1c0ffe5d1c0ffe5d1c0ffe5d1c0ffe",
}


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_I5_the_documented_workflow_sends_an_event_a_job_of_its_matrix(
    wrapper: Wrapper, kafka: KafkaSettings, venv: Path, python: str
) -> None:
    """The `run` of its last step in a shell, as a runner gives it, beside a sphinx-build that only writes a file."""
    ensure(kafka, (RAW_BUILDS,))
    job = yaml.safe_load(blocks("yaml")[0])["jobs"]["docs"]
    assert list(job["env"]) == ["HEADCOUNT_KAFKA"]
    script = job["steps"][-1]["run"]
    for name, value in {"github.run_id": GITHUB["GITHUB_RUN_ID"], "matrix.python": python}.items():
        script = script.replace(f"${{{{ {name} }}}}", value)
    assert "${{" not in script
    tools = wrapper.checkout.parent / "tools"
    tools.mkdir()
    for name, text in {
        "headcount": f'exec {sys.executable} -m headcount "$@"',
        "sphinx-build": 'mkdir -p "$2" && echo built > "$2/index.html"',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    environ = wrapper.environ | GITHUB | environ_of(kafka)
    environ["PATH"] = f"{tools}{os.pathsep}{environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=wrapper.checkout, env=environ, capture_output=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (wrapper.checkout / "out/index.html").read_text() == "built\n"
    (event,) = events(kafka, 1)
    assert event["project"]["slug"] == "kiln"
    assert event["version"]["slug"] == "main"
    assert event["build"]["id"] == f"8123456789-{python}"
    assert (event["build"]["attempt"], event["build"]["commit"]) == (2, GITHUB["GITHUB_SHA"])
    assert event["build"]["success"] is True
    assert "jinja2" in [row["name"] for row in event["packages"]["pip"]["all"]]
