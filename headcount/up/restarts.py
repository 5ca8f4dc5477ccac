"""When a dead process starts again: at once at first, then ever later, and at once again after a steady minute."""

from dataclasses import dataclass

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
STEADY_SECONDS = 60.0


@dataclass(slots=True)
class Restarts:
    """The account of one process."""

    count: int = 0
    _next_seconds: float = FIRST_SECONDS

    def after_death(self, lived_seconds: float) -> float:
        """Count one more restart, and give the seconds to wait before it."""
        if lived_seconds >= STEADY_SECONDS:
            self._next_seconds = FIRST_SECONDS
        wait = self._next_seconds
        self._next_seconds = min(2 * wait, LONGEST_SECONDS)
        self.count += 1
        return wait
