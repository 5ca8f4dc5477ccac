"""A runner and a file reader for a build on this machine: what `headcount build` gives to BuildTelemetry."""

import contextlib
import os
import selectors
import signal
import stat
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import IO, Final

from producers.builds.errors import MissingError, UnreadableError
from producers.builds.runner import DIRECTORY, ENVIRONMENT, CommandResult
from producers.builds.words import ErrorWord

STDERR_BYTES: Final = 64 * 1024
"""Only looked at for a few signs of what went wrong."""

_LINGER_SECONDS: Final = 0.2
"""How long output is awaited after a command's end, from a child of its own that holds the pipe."""

_NOT_FOUND: Final = 127
_NOT_EXECUTABLE: Final = 126


class LocalRunner:
    """Runs a command in a process group of its own, which is gone when the call returns. Safe in threads."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {**environ, **ENVIRONMENT}

    def __call__(self, argv: Sequence[str], *, timeout: float, max_bytes: int) -> CommandResult:
        """Run `argv` for at most `timeout` seconds; stdout over `max_bytes` ends it. No command: 127."""
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=DIRECTORY,
                env=self._environ,
                start_new_session=True,
            )
        except PermissionError:
            return CommandResult(_NOT_EXECUTABLE, b"", b"")
        except (OSError, ValueError):
            return CommandResult(_NOT_FOUND, b"", b"")
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            caps: dict[IO[bytes], int] = {process.stdout: max_bytes, process.stderr: STDERR_BYTES}
            out, timed_out = _read_until(process, caps, time.monotonic() + timeout)
        finally:
            _end(process)
        return CommandResult(process.returncode, out[process.stdout], out[process.stderr], timed_out)


def _read_until(
    process: subprocess.Popen[bytes], caps: Mapping[IO[bytes], int], deadline: float
) -> tuple[dict[IO[bytes], bytes], bool]:
    """Read both pipes until they close, the process is over, stdout is full or time is up (True)."""
    read = {pipe: bytearray() for pipe in caps}
    with selectors.DefaultSelector() as selector:
        for pipe in caps:
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ, pipe)
        ended_at: float | None = None
        timed_out = False
        while selector.get_map():
            now = time.monotonic()
            if ended_at is None and process.poll() is not None:
                ended_at = now
            if now >= deadline:
                timed_out = ended_at is None
                break
            if ended_at is not None and now > ended_at + _LINGER_SECONDS:
                break
            for key, _ in selector.select(min(0.05, deadline - now)):
                pipe = key.data
                part = os.read(pipe.fileno(), 65536)
                if not part:
                    selector.unregister(pipe)
                    continue
                read[pipe] += part[: max(caps[pipe] - len(read[pipe]), 0)]
            if len(read[process.stdout]) >= caps[process.stdout]:  # type: ignore[index]  # it was made with a pipe
                break
        else:
            timed_out = not _awaited(process, deadline)
    return {pipe: bytes(content) for pipe, content in read.items()}, timed_out


def _awaited(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process group and close the pipes. A group may outlive its leader."""
    # No such process: nothing is left of it; macOS says that with EPERM.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def read_regular(path: str, root: str, max_bytes: int) -> bytes:
    """Read a regular file below `root` (builds.md B46), without ever blocking.

    Raises MissingError, or UnreadableError: `unsafe`, `too_large`.
    """
    real_root, real = os.path.realpath(root), os.path.realpath(path)
    if os.path.commonpath([real_root, real]) != real_root:
        raise UnreadableError(ErrorWord.UNSAFE)
    try:
        # Before opening: to open a device can have effects. After opening: what was looked at may have been swapped.
        if not stat.S_ISREG(os.lstat(real).st_mode):
            raise UnreadableError(ErrorWord.UNSAFE)
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingError from error
    except OSError as error:
        raise UnreadableError(ErrorWord.UNSAFE) from error
    with os.fdopen(descriptor, "rb") as file:
        opened = os.fstat(descriptor)
        if not stat.S_ISREG(opened.st_mode):
            raise UnreadableError(ErrorWord.UNSAFE)
        if os.path.realpath(path) != real or not os.path.samestat(opened, os.lstat(real)):
            raise UnreadableError(ErrorWord.UNSAFE)
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise UnreadableError(ErrorWord.TOO_LARGE)
    return content


class LocalReader:
    """Reads files below its roots (the checkout, the output folder) and the system's own files under /etc."""

    def __init__(self, *roots: str) -> None:
        self._roots = roots

    def __call__(self, path: str, max_bytes: int) -> bytes:
        """Read one file."""
        if path.startswith("/etc/"):
            return read_regular(path, "/", max_bytes)
        root = next((root for root in self._roots if path.startswith(f"{root}/")), self._roots[0])
        return read_regular(path, root, max_bytes)
