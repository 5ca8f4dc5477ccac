"""`headcount up --detach` until it returns, which it does when everything is ready; jars present, state folders new."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure

RUNS = 3
AT_LEAST_SECONDS, GOAL_SECONDS = 20.0, 10.0


def run() -> list[Figure]:
    _seconds_to_ready()  # the first fills the caches
    seconds = [_seconds_to_ready() for _ in range(RUNS)]
    name = f"up --detach to ready, caches warm, {RUNS} runs"
    return [
        Figure(f"{name}: median", statistics.median(seconds), "s", AT_LEAST_SECONDS, GOAL_SECONDS, lower=True),
        Figure(f"{name}: slowest", max(seconds), "s", AT_LEAST_SECONDS, GOAL_SECONDS, lower=True),
    ]


def _seconds_to_ready() -> float:
    # Both cores: it is what a person waits for.
    with tempfile.TemporaryDirectory(prefix="headcount-bench-") as name:
        folder = str(Path(name) / "state")
        started = time.perf_counter()
        try:
            _headcount("up", "--detach", "--state-dir", folder)
            return time.perf_counter() - started
        finally:
            _headcount("down", "--state-dir", folder)


def _headcount(*words: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HEADCOUNT_")}
    subprocess.run([sys.executable, "-m", "headcount", *words], env=environ, check=True, stdout=subprocess.DEVNULL)
