"""What `headcount build` adds to a command that does nothing, beside `pip list` alone in the same environment.

Around `true` all of it is added: starting, every collector (pip's list twice), the event. No Kafka is named, as its
broker's answer is `publisher`'s figure.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure
from producers.builds.collectors.pip import LIST

RUNS = 7


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="headcount-bench-") as name:
        python = str(Path(name) / "env/bin/python")
        subprocess.run([sys.executable, "-m", "venv", str(Path(name) / "env")], check=True)
        environ = {key: value for key, value in os.environ.items() if not key.startswith("HEADCOUNT_")}
        environ |= {"HEADCOUNT_STATE_DIR": name, "HEADCOUNT_SPOOL_DIR": str(Path(name) / "spool")}
        build = [sys.executable, "-m", "headcount", "build", "--project", "kiln", "--version", "latest"]
        commands = {
            "pip list alone": [python, *LIST],
            "around true": [*build, "--python", python, "--", "true"],
            "headcount --help alone": [sys.executable, "-m", "headcount", "build", "--help"],
        }
        for command in commands.values():
            _seconds(command, name, environ)  # the first fills the caches
        # In turns, so that a neighbour's load falls on all of them.
        taken = [{what: _seconds(command, name, environ) for what, command in commands.items()} for _ in range(RUNS)]
    clock = {what: statistics.median(each[what][0] for each in taken) for what in commands}
    cpu = {what: statistics.median(each[what][1] for each in taken) for what in commands}
    named = f"build, median of {RUNS}"
    return [
        Figure(f"{named}: pip list alone", clock["pip list alone"], "s"),
        Figure(f"{named}: headcount build -- true, all of it added", clock["around true"], "s"),
        Figure(f"{named}: of this, starting headcount", clock["headcount --help alone"], "s"),
        Figure(f"{named}: pip list alone, CPU time", cpu["pip list alone"], "CPU s"),
        Figure(f"{named}: headcount build -- true, CPU time", cpu["around true"], "CPU s"),
        Figure(f"{named}: added to pip list alone", clock["around true"] / clock["pip list alone"], "times"),
    ]


def _seconds(command: Sequence[str], folder: str, environ: dict[str, str]) -> tuple[float, float]:
    """Give the seconds that a command took, by the clock and of the CPU, its own children's too."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return ended - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
