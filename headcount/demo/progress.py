"""Progress: on a terminal one live line that says what goes on and for how long, else one line a step.

Steps may run at the same time. `say` prints a line that stays, above the live one.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Final

FRAMES: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAME_SECONDS: Final = 0.1
_CLEAR: Final = "\r\x1b[2K"


class Progress:
    """Tells a person what is being done. A context manager: on a terminal, a thread draws the live line."""

    def __init__(
        self, stream: IO[str], *, is_live: bool, columns: int = 80, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._is_live = is_live
        self._columns = columns
        self._clock = clock
        self._lock = threading.RLock()
        self._steps: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Progress":
        """Start drawing."""
        if self._is_live:
            self._thread = threading.Thread(target=self._draw, name="progress")
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing, and leave the cursor on an empty line."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._write(_CLEAR)

    @contextmanager
    def step(self, doing: str, *, done: str = "") -> Iterator[None]:
        """Show that something is being done while the block runs, then that it is, and how long it took."""
        begun = self._clock()
        with self._lock:
            self._steps[doing] = begun
        if not self._is_live:
            self.say(f"  {doing} …")
        try:
            yield
        finally:
            with self._lock:
                del self._steps[doing]
        if done:
            self.say(f"  ✓ {done}  {self._clock() - begun:.1f} s")

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._write((_CLEAR if self._is_live else "") + line + "\n")

    def live_line(self, frame: int) -> str:
        """What the live line shows: the steps under way, the oldest first, cut to the terminal's width."""
        with self._lock:
            steps = dict(self._steps)
        if not steps:
            return ""
        seconds = self._clock() - min(steps.values())
        line = f"  {FRAMES[frame % len(FRAMES)]} {seconds:.0f} s  {' · '.join(steps)}"
        return line if len(line) < self._columns else line[: self._columns - 2] + "…"

    def _draw(self) -> None:
        frame = 0
        while not self._ended.wait(_FRAME_SECONDS):
            frame += 1
            self._write(_CLEAR + self.live_line(frame))

    def _write(self, text: str) -> None:
        with self._lock:
            self._stream.write(text)
            self._stream.flush()
