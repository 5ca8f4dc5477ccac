"""SIGTERM, Ctrl-C and a closed terminal ask the supervisor to stop: at once while it waits, but never between a fork
and its record."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StopAskedError(BaseException):
    """Somebody asked us to stop. Not an Exception: no handler of failures may take it for one."""


class Interrupts:
    """Raises StopAskedError in the main thread, or after the `held` block in which the signal came."""

    def __init__(self) -> None:
        self._asked = False
        self._holding = False

    def install(self) -> None:
        """Take the signals over, for this process' life."""
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing interrupts the block; a stop that was asked for meanwhile comes at its end."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._asked:
            raise StopAskedError

    def ignore_from_now_on(self) -> None:
        """We are stopping: once more changes nothing."""
        self._holding = True

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        if not self._holding:
            raise StopAskedError
