"""The processes that the demo starts: each in a group of its own, each waited for, all stopped together.

A key of the terminal so reaches the demo only, which then stops them in its own order. Nothing is started after `stop`.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 60.0
"""The longest that one of them may take to end itself: a stack that is just starting stops its servers in order."""


class StoppedError(Exception):
    """The demo is stopping: nothing more is started, and what ran was ended."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a process ended, and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


class Children:
    """Starts processes, also from several threads, with one environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._is_stopping = False

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of all of them."""
        return self._environ

    def run(self, argv: Sequence[str], *, cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> Done:
        """Run to the end, in another environment if one is given.

        Raises StoppedError if `stop` came between, OSError if the program cannot be started.
        """
        with self._lock:
            if self._is_stopping:
                raise StoppedError
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=self._environ if environ is None else environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                process_group=0,
            )
            self._running.add(process)
        try:
            stdout, stderr = process.communicate()
        finally:
            with self._lock:
                self._running.discard(process)
        if self._is_stopping:
            raise StoppedError
        return Done(process.returncode, stdout, stderr)

    def stop(self) -> None:
        """Interrupt all that runs, wait for it, and kill what does not end. Interrupt, as `up` then ends its stack."""
        with self._lock:
            self._is_stopping = True
            running = list(self._running)
            for process in running:
                _signal(process, signal.SIGINT)
        for process in running:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
