"""One child process: in a session of its own, with a bounded log, and dead when we die.

A terminal's Ctrl-C reaches only us, so that we stop the children in order. On Linux the kernel ends them even when we
are killed with -9.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOG_BYTES = 16 * 1024 * 1024
"""A log past this moves to NAME.log.1, of which there is one: at most twice this a process."""

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Command:
    """How to run and how to end one process."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path | None = None
    user: str | None = None
    """Run as this user, with no group beside its own; as ourselves if None."""
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends when we are gone."""
    grace_seconds: float = 10.0


@dataclass(slots=True)
class Child:
    """A started process. Start it from the main thread: the kernel's orphan signal is tied to the thread that
    forked."""

    command: Command
    process: subprocess.Popen[bytes]
    started_at: float = field(default_factory=time.time)

    @classmethod
    def start(cls, command: Command) -> "Child":
        """Start it, its output appended to its log."""
        rotate(command.log)
        who: dict[str, Any] = {}
        if command.user is not None:
            who = {"user": command.user, "group": _group_of(command.user), "extra_groups": []}
        with command.log.open("ab") as log:
            process = subprocess.Popen(
                command.argv,
                env=dict(command.environment),
                cwd=command.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(command.orphan_signal),
                **who,
            )
        return cls(command, process)

    @property
    def pid(self) -> int:
        """Its process id, and that of its group."""
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs; reaps it if not."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the signal on which it drains."""
        if self.is_alive:
            self.process.send_signal(self.command.stop_signal)

    def stop(self) -> None:
        """Let it drain, and kill what is left of its group after the grace period."""
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.command.grace_seconds)
        self.kill()

    def kill(self) -> None:
        """kill -9 to the whole group, and reap."""
        # Gone already, or (macOS says it so) only zombies are left in the group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


def rotate(log: Path) -> None:
    """Move a log that is past its bound aside."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))


def trim(log: Path) -> None:
    """Bound the log of a process that is writing it: keep the old part aside and empty the file (it is open for
    append, so that works)."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.with_name(log.name + ".1").write_bytes(log.read_bytes())
        os.truncate(log, 0)


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, for a person."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""


def _group_of(user: str) -> int:
    import pwd  # not on Windows, where nobody is root

    return pwd.getpwnam(user).pw_gid


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)  # looked up before the fork; after it nothing is imported or allocated
    parent = os.getpid()

    def between_fork_and_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)  # the parent died before the line above

    return between_fork_and_exec
