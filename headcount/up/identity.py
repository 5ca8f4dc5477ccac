"""Is the process of that number still the one we mean? Numbers are used again; a number and its start time are not."""

import contextlib
import os
import signal
from collections.abc import Mapping
from typing import Any

import psutil

from headcount.errors import UnavailableError
from headcount.up import probe

CLOCK_SECONDS = 2.0
"""The kernel gives start times relative to a boot time that moves when the clock is set."""

END_SECONDS = 15.0


def mark(pid: int) -> dict[str, Any]:
    """What to write down about a process of ours, to know it again."""
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def find(marked: Mapping[str, Any]) -> psutil.Process | None:
    """The very process that was marked; None where it is gone (a zombie is gone too: nobody has buried it yet)."""
    if not marked.get("pid"):
        return None
    try:
        process = psutil.Process(marked["pid"])
        is_same = abs(process.create_time() - marked["created"]) < CLOCK_SECONDS
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def end(marked: Mapping[str, Any], *, seconds: float = END_SECONDS) -> bool:
    """Ask it to stop, wait, and kill its group after `seconds`; whether there was anything to end.

    Raises UnavailableError for a process of another user.
    """
    process = find(marked)
    if process is None:
        return False
    try:
        process.send_signal(signal.SIGTERM)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied as error:
        raise UnavailableError(
            "another user started it, and we may not stop it",
            where=f"process {process.pid}",
            do="stop it as that user, or as root",
        ) from error
    if not probe.wait_until(lambda: find(marked) is None, seconds):
        # Our children lead groups of their own; a supervisor in the foreground is in its shell's.
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                os.kill(process.pid, signal.SIGKILL)
        probe.wait_until(lambda: find(marked) is None, seconds)
    return True
