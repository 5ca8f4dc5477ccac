"""A stack seen from another process: whether it runs, how it stands, and how to stop it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headcount.errors import HeadcountError
from headcount.up import identity, probe
from headcount.up.child import last_lines
from headcount.up.plan import GATEWAY_PORT
from headcount.up.ports import HOST
from headcount.up.state import StateDir
from headcount.up.supervisor import end_leftovers

STOP_SECONDS = 60.0
"""Longer than the grace periods of all processes together."""


def runs(stack: Mapping[str, Any]) -> bool:
    """Whether the supervisor that wrote this lives."""
    return identity.find(stack) is not None


def status(state: StateDir) -> dict[str, Any]:
    """How the stack stands, in the shape that `headcount status --json` promises."""
    stack = state.read_stack()
    alive = runs(stack)
    processes: dict[str, Any] = stack.get("processes", {})
    rows = {name: _row(row, alive) for name, row in processes.items()}
    return {
        "state": stack["state"] if alive else "stopped",
        "kafka": stack["kafka"] if alive else None,
        "database": stack["database"] if alive else None,
        "gateway": f"http://{HOST}:{stack['ports'][GATEWAY_PORT]}" if alive and "gateway" in processes else None,
        "collector": None,
        "metrics": {name: f"{row['metrics']}/metrics" for name, row in processes.items() if row["metrics"] and alive},
        "processes": rows,
        "started_at": stack["started_at"] if alive else None,
        "state_dir": str(state.root),
    }


def _row(row: Mapping[str, Any], is_supervised: bool) -> dict[str, Any]:
    """A process as it is now, whatever was written down last."""
    lives = identity.find(row) is not None
    # A supervised one that is gone has died a moment ago, and this is not written down yet.
    alive, gone = (row["state"], "waiting") if is_supervised else ("orphaned", "stopped")
    return {
        "state": alive if lives else gone,
        "pid": row["pid"] if lives else None,
        "restarts": row["restarts"],
        "started_at": row["started_at"],
    }


def stop(state: StateDir) -> bool:
    """Stop the stack and return when nothing of it is left; whether there was anything to stop."""
    was_running = identity.end(state.read_stack(), seconds=STOP_SECONDS)
    # Normally nothing: a supervisor that was killed, before or just now, left them.
    left = end_leftovers(state.read_stack())
    return was_running or bool(left)


def start_detached(state: StateDir, words: Sequence[str], tell: Callable[[str], None]) -> dict[str, Any]:
    """Start a supervisor that outlives us, and return the stack it wrote when it is ready. Raises what it failed of."""
    log = state.logs / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "headcount", "up", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return _await(state, process, tell)
    except KeyboardInterrupt:
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise


def _await(state: StateDir, process: subprocess.Popen[bytes], tell: Callable[[str], None]) -> dict[str, Any]:
    phase = ""
    while True:
        ended = process.poll() is not None
        stack = state.read_stack()
        if stack.get("pid") == process.pid:
            if stack["state"] == "ready":
                return stack
            if ended and stack.get("error"):
                raise HeadcountError(**stack["error"])
            if stack.get("phase") and stack["phase"] != phase:
                phase = stack["phase"]
                tell(phase)
        if ended:
            raise _failure(state)
        time.sleep(probe.POLL_SECONDS)


def _failure(state: StateDir) -> HeadcountError:
    """What the supervisor said before it had a stack to write to: its own three parts, handed on as they are."""
    log = state.logs / "up.log"
    said = last_lines(log)
    what, _, rest = said.removeprefix("error: ").partition("\n  where: ")
    where, _, do = rest.partition("\n  what to do: ")
    if said.startswith("error: ") and do:
        return HeadcountError(what, where=where, do=do)
    return HeadcountError(
        f"the supervisor ended:\n{said}", where=str(log), do="see the lines above, and run `headcount doctor`"
    )


def await_ready(state: StateDir, tell: Callable[[str], None]) -> dict[str, Any]:
    """Wait for a stack that another `up` is starting; returns what it wrote, ready or not."""
    tell("it is already starting")
    probe.wait_until(lambda: not runs(state.read_stack()) or state.read_stack()["state"] != "starting", STOP_SECONDS)
    return state.read_stack()
