"""One process under supervision: started, watched, started again after a wait, and written down."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from headcount.up import identity
from headcount.up.child import Child, trim
from headcount.up.restarts import Restarts


@dataclass(slots=True)
class Supervised:
    """`launch` starts it anew, `answers` says whether it does its work; `metrics` is its URL, if it is one of ours."""

    name: str
    launch: Callable[[], Child]
    answers: Callable[[], bool]
    metrics: str | None = None
    child: Child | None = None
    restarts: Restarts = field(default_factory=Restarts)
    is_ready: bool = False
    _mark: dict[str, Any] = field(default_factory=dict)
    _start_at: float | None = None
    """Monotonic time of the next start, while it waits for one."""

    def start(self) -> None:
        """Run it now."""
        self._start_at = None
        self.child = self.launch()
        self._mark = identity.mark(self.child.pid)

    def tend(self) -> bool:
        """Look after it, and say whether anything changed: a death, a start that was due, its first answer."""
        if self._start_at is not None:
            if time.monotonic() < self._start_at:
                return False
            self.start()
            return True
        if self.child is None:
            return False
        if self.child.is_alive:
            trim(self.child.command.log)
            return not self.is_ready and self._ask()
        self.child.kill()  # what is left of its group
        self.is_ready = False
        lived = time.time() - self.child.started_at
        self._start_at = time.monotonic() + self.restarts.after_death(lived)
        return True

    def _ask(self) -> bool:
        self.is_ready = self.answers()
        return self.is_ready

    def record(self) -> dict[str, Any]:
        """As it stands in stack.json."""
        state = "stopped"
        if self._start_at is not None:
            state = "waiting"
        elif self.child is not None and self.child.is_alive:
            state = "running" if self.is_ready else "starting"
        started = None if self.child is None else datetime.fromtimestamp(self.child.started_at, UTC)
        return {
            "state": state,
            "restarts": self.restarts.count,
            "started_at": started.strftime("%Y-%m-%dT%H:%M:%SZ") if started else None,
            "metrics": self.metrics,
            **(self._mark if state in ("running", "starting") else {"pid": None}),
        }
