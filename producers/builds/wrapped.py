"""Runs COMMAND with our own terminal and pipes, passes signals on, and says how it ended. Nothing of it is read."""

import errno
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

FORWARDED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""They ask for an end: forwarded, and the build counts as cancelled."""
PASSED_ON: Final = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT)
"""They say something to COMMAND alone."""

_NOT_FOUND: Final = 127
_NOT_EXECUTABLE: Final = 126
_BY_SIGNAL: Final = 128
_FROM_KERNEL: Final = 0
"""A signal's `si_code` is above it where the kernel sent the signal, as it does for a key of the terminal."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How COMMAND ended: the exit code to give on, how long it took, and whether a signal that we got stopped it."""

    exit_code: int
    seconds: float
    cancelled: bool


class InterruptedCollectionError(BaseException):
    """A signal came while we were collecting: no Exception, so that no boundary holds it up."""


def run_command(command: Sequence[str], environ: Mapping[str, str], *, stdout_to_stderr: bool) -> Ended:
    """Run COMMAND to its end. It has our stdin, stdout and stderr, and our place in the terminal's foreground.

    Call it in the main thread. A command that cannot be run gives 127 or 126, as in a shell, with its line on stderr.
    """
    begun = time.monotonic()
    signal.signal(signal.SIGCHLD, lambda *_: None)  # ignored, its end would be lost; by default, perhaps not awaited
    every = (*FORWARDED, *PASSED_ON, signal.SIGTSTP)
    watched = {number for number in every if signal.getsignal(number) is not signal.SIG_IGN}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, watched | {signal.SIGCHLD})
    try:
        process = _spawn(command, environ, blocked, stdout_to_stderr=stdout_to_stderr)
    except (OSError, ValueError) as error:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        number = (error.errno if isinstance(error, OSError) else None) or errno.ENOENT
        os.write(2, f"headcount: {command[0]}: {os.strerror(number)}\n".encode())
        code = _NOT_FOUND if number == errno.ENOENT else _NOT_EXECUTABLE
        return Ended(code, time.monotonic() - begun, cancelled=False)
    try:
        code, passed_on = _wait(process, watched)
    finally:
        for number in watched & {signal.SIGUSR1, signal.SIGUSR2}:
            signal.signal(number, signal.SIG_IGN)  # COMMAND is gone: they are for nobody
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return Ended(code, time.monotonic() - begun, cancelled=passed_on)


def _spawn(command: Sequence[str], environ: Mapping[str, str], mask: Iterable[int], *, stdout_to_stderr: bool) -> int:
    """Start COMMAND as a shell would: a script without a first line for the kernel is run by sh."""

    def spawn(words: Sequence[str]) -> int:
        return os.posix_spawnp(
            words[0],
            list(words),
            dict(environ),
            file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)] if stdout_to_stderr else [],
            setsigmask=mask,
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD],  # Python ignores the first two for itself
        )

    try:
        return spawn(command)
    except OSError as error:
        script = shutil.which(command[0], path=environ.get("PATH", os.defpath))
        if error.errno != errno.ENOEXEC or script is None:
            raise
        return spawn(["/bin/sh", script, *command[1:]])


def _wait(process: int, watched: set[signal.Signals]) -> tuple[int, bool]:
    cancelled = False
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return (code if code >= 0 else _BY_SIGNAL - code), cancelled
        number, from_kernel = _next_signal({*watched, signal.SIGCHLD})
        # What a key of the terminal sends, COMMAND has got as well: twice could break off its own cleaning up.
        if number in watched and not from_kernel:
            os.kill(process, number)
        if number == signal.SIGTSTP:
            _stop()
        cancelled = cancelled or number in FORWARDED


def _stop() -> None:
    """Stop as by default, until SIGCONT; where nobody could send that, the kernel does not stop us."""
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})


def _next_signal(numbers: set[signal.Signals]) -> tuple[int, bool]:
    wait: Any = getattr(signal, "sigwaitinfo", None)
    if wait is None:  # macOS: who sent it is not told
        return signal.sigwait(numbers), False
    info = wait(numbers)
    return info.si_signo, info.si_code > _FROM_KERNEL


class Interruptible:
    """While inside, a forwarded signal breaks off what runs in the main thread, once."""

    def __enter__(self) -> "Interruptible":
        """Take the signals over."""
        assert threading.current_thread() is threading.main_thread()
        self._before = {
            number: signal.getsignal(number) for number in FORWARDED if signal.getsignal(number) is not signal.SIG_IGN
        }
        for number in self._before:
            signal.signal(number, self._interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        """Ignore further signals: what is left to do is short and bounded."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
        return kind is InterruptedCollectionError

    def _interrupt(self, *_: object) -> None:
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
        raise InterruptedCollectionError
