"""What a worker watches beside its work: lag, age of the oldest unread record, a standstill, commands from outside."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

LATE_SECONDS: Final = 120.0
"""A record that waits longer turns readiness red; the same time without a committed take ends the worker."""


@dataclass(slots=True)
class Backlog:
    """Since when records of one partition have been waiting, from samples of its end and our position."""

    ends: deque[tuple[float, int]] = field(default_factory=deque)
    position: int = 0

    def sample(self, now: float, end: int, position: int) -> None:
        """Note that the partition ended at `end` and we stood at `position`."""
        self.position = position
        if not self.ends or end > self.ends[-1][1]:
            self.ends.append((now, end))
        while self.ends and self.ends[0][1] <= position:
            self.ends.popleft()

    def lag(self) -> int:
        """Count the records that wait."""
        return self.ends[-1][1] - self.position if self.ends else 0

    def waiting_seconds(self, now: float) -> float:
        """Give for how long the oldest of them has been seen waiting; 0 where none waits."""
        return now - self.ends[0][0] if self.ends else 0.0


@dataclass(slots=True)
class Watch:
    """The backlogs of a worker's partitions, and the causes of those that stopped."""

    clock: Callable[[], float] = time.monotonic
    backlogs: dict[int, Backlog] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    started: bool = False

    def sample(self, partition: int, end: int, position: int, stopped: str | None) -> Backlog:
        """Note the state of one partition; gives its backlog."""
        backlog = self.backlogs.setdefault(partition, Backlog())
        backlog.sample(self.clock(), end, position)
        if stopped is None:
            self.stopped.pop(partition, None)
        else:
            self.stopped[partition] = stopped
        return backlog

    def keep_only(self, partitions: set[int]) -> None:
        """Forget partitions that are no longer ours."""
        for partition in set(self.backlogs) - partitions:
            del self.backlogs[partition]
            self.stopped.pop(partition, None)

    def wrong(self) -> str | None:
        """Say why the worker is not ready; null where it is."""
        if not self.started:
            return "starting: no partition assigned yet"
        if self.stopped:
            return "; ".join(f"partition {partition}: {why}" for partition, why in sorted(self.stopped.items()))
        now = self.clock()
        late = {p: b.waiting_seconds(now) for p, b in self.backlogs.items() if b.waiting_seconds(now) > LATE_SECONDS}
        return f"records wait for {max(late.values()):.0f} s on partitions {sorted(late)}" if late else None
