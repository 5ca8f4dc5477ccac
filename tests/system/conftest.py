"""The command line as a user has it: a program that is run. Nothing of ours is imported here."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

SECONDS = 120
"""Bounds any command here; the slowest takes ten."""


@dataclass(frozen=True, slots=True)
class Place:
    """A state directory, and the command line that works on it."""

    state_dir: Path

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "headcount", *words, "--state-dir", str(self.state_dir)]

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            env=clean_environment() | environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def must(self, *words: str, **environment: str) -> str:
        """Run it; it must succeed, with nothing on standard error."""
        answer = self.run(*words, **environment)
        assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout + answer.stderr + self.logs()
        return answer.stdout

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.must("status", "--json"))
        return found

    def logs(self) -> str:
        """The end of each log, for the report of a failure."""
        logs = sorted(self.state_dir.glob("logs/*.log"))
        return "".join(f"\n--- {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in logs)

    def processes(self) -> list[str]:
        """Every process that has to do with this state directory."""
        return [name for process in psutil.process_iter() if (name := self._concerns(process)) is not None]

    def _concerns(self, process: psutil.Process) -> str | None:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            told = [*process.cmdline(), process.cwd(), process.environ().get("HEADCOUNT_STATE_DIR", "")]
            return " ".join(process.cmdline()) if any(str(self.state_dir) in word for word in told) else None
        except psutil.Error:
            return None


def clean_environment() -> dict[str, str]:
    """Ours without what a developer may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HEADCOUNT_")}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A new state directory; whatever still runs on it after the test is stopped."""
    made = Place(tmp_path / "state")
    yield made
    made.run("down")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A stack that is up, for the tests of one file."""
    made = Place(tmp_path_factory.mktemp("running") / "state")
    made.must("up", "--detach")
    yield made
    made.must("down")
    assert made.processes() == []


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait for something to become true, and fail if it does not."""

    def wait(is_true: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not is_true():
            assert time.monotonic() < deadline, "it never became true"
            time.sleep(0.05)

    return wait
