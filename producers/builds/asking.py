"""Asking the container, bounded: a call of the host's runner or file reader runs in a thread that may be given up."""

import posixpath
import subprocess
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, Final, TypeVar

from producers.builds.errors import AskTimeoutError, CollectorError, MissingError, UnreadableError
from producers.builds.runner import CommandResult, ContainerGoneError, ReadFile, Runner
from producers.builds.words import ErrorWord

OUTPUT_BYTES: Final = 4 * 1024 * 1024
FILE_BYTES: Final = 1024 * 1024

READ_SECONDS: Final = 5.0
GRACE_SECONDS: Final = 1.0
"""What a runner gets beyond the timeout it was given, to kill its command and say so."""

GONE_IN_A_ROW: Final = 3

_NOT_FOUND: Final = 127
_GONE_SIGNS: Final = (b"no such container", b"is not running", b"no container with name or id", b"not running")
_ABSENT_SIGN: Final = b"executable file not found"

T = TypeVar("T")


class FailedExitError(UnreadableError):
    """A command ended with a code other than 0."""

    def __init__(self, result: CommandResult) -> None:
        super().__init__(f"exit:{result.exit_code}")
        self.result = result


def decode_output(output: bytes) -> str:
    """Give a tool's output as text: bytes that are not UTF-8 are replaced, a byte order mark is none of it."""
    return output.decode("utf-8-sig", errors="replace")


def within(seconds: float, call: Callable[[], T]) -> T:
    """Give what `call` gives or raises, or raise AskTimeoutError: a thread that never ends is left behind, a daemon."""
    box: list[T] = []
    failure: list[BaseException] = []

    def target() -> None:
        try:
            box.append(call())
        except BaseException as error:  # noqa: BLE001  # the host's boundary: its runner may raise SystemExit too
            failure.append(error)

    thread = threading.Thread(target=target, name="headcount-ask", daemon=True)
    thread.start()
    thread.join(max(seconds, 0))
    if failure:
        raise failure[0]
    if not box:
        raise AskTimeoutError
    return box[0]


class Asker:
    """Runs commands and reads files of one container until `deadline` on `clock` (seconds, monotonic).

    `roots`: absolute paths of the checkout and of the output folder; no file outside of them is read.
    """

    def __init__(
        self,
        runner: Runner | None,
        read_file: ReadFile | None,
        *,
        python: str,
        roots: Sequence[str],
        deadline: float,
        clock: Callable[[], float],
    ) -> None:
        self._runner = runner
        self._read_file = read_file
        self._python = python
        self._roots = tuple(root.rstrip("/") or "/" for root in roots)
        self._deadline = deadline
        self._clock = clock
        self._gone = 0

    def run(self, argv: Sequence[str], *, seconds: float, max_bytes: int = OUTPUT_BYTES) -> CommandResult:
        """Run one command that must end with 0. Raises CollectorError: missing, timeout, `exit:N`, too_large."""
        runner = self._runner
        if runner is None:
            raise MissingError
        arguments = list(argv)
        result = self._bounded(
            seconds, lambda limit: _checked(runner(arguments, timeout=limit, max_bytes=max_bytes + 1))
        )
        if result.timed_out:
            raise AskTimeoutError
        if len(result.stdout) > max_bytes:
            raise UnreadableError(ErrorWord.TOO_LARGE)
        if result.exit_code == 0:
            return result
        said = (result.stderr + result.stdout[:1000]).lower()
        if result.exit_code == _NOT_FOUND or _ABSENT_SIGN in said:
            raise MissingError
        raise FailedExitError(result)

    def text(self, argv: Sequence[str], *, seconds: float) -> str:
        """Give a command's stdout as text."""
        return decode_output(self.run(argv, seconds=seconds).stdout)

    def system_file(self, path: str) -> str:
        """Read a file of the system, by the host's reader or `cat`. Raises CollectorError."""
        if self._read_file is None:
            return decode_output(self.run(["cat", path], seconds=READ_SECONDS, max_bytes=FILE_BYTES).stdout)
        return decode_output(self._by_host(self._read_file, path, FILE_BYTES))

    def read(self, path: str, max_bytes: int = FILE_BYTES) -> bytes:
        """Read a file that the build's user controls, `path` as from the checkout, which is the first root.

        Raises CollectorError: missing; `unsafe` (out of the roots, no regular file), `too_large` and others.
        """
        if not self._roots:
            raise MissingError
        whole = posixpath.normpath(posixpath.join(self._roots[0], path))
        root = next((root for root in self._roots if whole.startswith(f"{root}/")), self._roots[0])
        if self._read_file is not None:
            return self._by_host(self._read_file, whole, max_bytes)
        # One process that opens, checks what it opened, and reads: no FIFO blocks it, no link is swapped under it.
        script = resources.files("producers.builds").joinpath("data/read_file.py.txt").read_text("utf-8")
        argv = [self._python, "-E", "-s", "-S", "-c", script, whole, root, str(max_bytes)]
        result = self.run(argv, seconds=READ_SECONDS, max_bytes=max_bytes + 100)
        head, found, content = result.stdout.partition(b"\n")
        mark, _, word = head.decode(errors="replace").partition(":")
        if not found or mark != "headcount":
            raise UnreadableError(ErrorWord.NO_ANSWER)
        if word == "missing":
            raise MissingError
        if word != "ok":
            # What a container prints is not to be trusted with a place in the event.
            raise UnreadableError(ErrorWord.TOO_LARGE if word == ErrorWord.TOO_LARGE else ErrorWord.UNSAFE)
        return content

    def _by_host(self, read_file: ReadFile, path: str, max_bytes: int) -> bytes:
        content = self._bounded(READ_SECONDS, lambda _: read_file(path, max_bytes))
        if content is None:
            raise MissingError
        if not isinstance(content, bytes):
            raise UnreadableError(ErrorWord.NO_ANSWER)
        if len(content) > max_bytes:
            raise UnreadableError(ErrorWord.TOO_LARGE)
        return content

    def _bounded(self, seconds: float, call: Callable[[float], T]) -> T:
        if self._gone >= GONE_IN_A_ROW:
            raise UnreadableError(ErrorWord.CONTAINER_GONE)
        limit = min(seconds, self._deadline - self._clock() - GRACE_SECONDS)
        if limit <= 0:
            raise AskTimeoutError
        try:
            answer = within(limit + GRACE_SECONDS, lambda: call(limit))
        except CollectorError:
            raise
        except ContainerGoneError as error:
            self._gone += 1
            raise UnreadableError(ErrorWord.CONTAINER_GONE) from error
        except (FileNotFoundError, NotADirectoryError) as error:
            self._gone = 0
            raise MissingError from error
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise AskTimeoutError from error
        except BaseException as error:  # the host's boundary: whatever its runner raises is one collector's error
            raise UnreadableError(type(error).__name__) from error
        if isinstance(answer, CommandResult) and _says_gone(answer):
            self._gone += 1
            raise UnreadableError(ErrorWord.CONTAINER_GONE)
        self._gone = 0
        return answer


def _checked(answer: Any) -> CommandResult:
    """Copy what a runner gave into our own type; what does not fit is a bad answer."""
    try:
        stdout, stderr = bytes(memoryview(answer.stdout)), bytes(memoryview(answer.stderr or b""))
        return CommandResult(int(answer.exit_code), stdout, stderr, bool(answer.timed_out))
    except (AttributeError, TypeError, ValueError) as error:
        raise UnreadableError(ErrorWord.NO_ANSWER) from error


def _says_gone(result: CommandResult) -> bool:
    return result.exit_code != 0 and not result.stdout.strip() and any(s in result.stderr.lower() for s in _GONE_SIGNS)
