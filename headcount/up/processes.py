"""Our own processes that `up` runs, in the order in which data flows through them. They stop in the reverse order."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OurProcess:
    """One process: its name in status and logs, and the words of our command line that run it."""

    name: str
    words: tuple[str, ...]

    @property
    def argv(self) -> list[str]:
        """How to run it with this very Python."""
        return [sys.executable, "-m", "headcount", *self.words]


PROCESSES = (
    OurProcess("gateway", ("gateway",)),
    OurProcess("streams", ("streams", "--slot", "0")),
    OurProcess("sink", ("sink",)),
)
