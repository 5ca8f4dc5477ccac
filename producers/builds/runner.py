"""How a host runs a command in the build's container for us, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType(
    {"LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}
)
"""What a runner adds to the build's environment."""

DIRECTORY: Final = "/"
"""Where a runner runs commands: in a checkout, a file `pip.py` would stand in for pip."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command answered. `stdout` may be cut at the `max_bytes` that were asked for."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False


class ContainerGoneError(Exception):
    """A runner may raise it: the container is not there any more. Three in a row end the collection."""


class Runner(Protocol):
    """Run `argv` in the build's container, with the build's environment and ENVIRONMENT, in DIRECTORY.

    A runner keeps `timeout` (seconds), kills what it started, gives at most `max_bytes` of stdout, shows nothing in
    the build's log, and raises FileNotFoundError or answers 127 where there is no such command.
    """

    def __call__(self, argv: Sequence[str], *, timeout: float, max_bytes: int) -> CommandResult:
        """Run one command."""


class ReadFile(Protocol):
    """Read a file of the container: its bytes; None or FileNotFoundError where it is not there."""

    def __call__(self, path: str, max_bytes: int) -> bytes | None:
        """Read at most `max_bytes`; what is longer, or no regular file, raises."""
