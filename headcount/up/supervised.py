"""One process under supervision: started, watched, started again after a wait, and written down.

One that says itself that it is not alive (/healthz), or that fell silent after it once answered, is killed: it starts
again like any other.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from headcount.up import identity, probe
from headcount.up.child import Child, trim
from headcount.up.restarts import Restarts

LOOK_SECONDS = 5.0
SILENT_SECONDS = 60.0
"""Longer than anything that holds a worker's interpreter, as the recovery of a large partition."""


@dataclass(slots=True)
class Supervised:
    """`launch` starts it anew, `answers` says whether it does its work; `url` is where it serves, if it is one of
    ours."""

    name: str
    launch: Callable[[], Child]
    answers: Callable[[], bool]
    url: str | None = None
    child: Child | None = None
    restarts: Restarts = field(default_factory=Restarts)
    is_ready: bool = False
    _mark: dict[str, Any] = field(default_factory=dict)
    _start_at: float | None = None
    """Monotonic time of the next start, while it waits for one."""
    _look_at: float = 0.0
    _answered_at: float | None = None

    def start(self) -> None:
        """Run it now."""
        self._start_at = None
        self.child = self.launch()
        self._mark = identity.mark(self.child.pid)

    def tend(self, say: Callable[[str], None]) -> bool:
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
            self._look(say)
            return not self.is_ready and self._ask()
        self._bury(self.child, say)
        return True

    def _ask(self) -> bool:
        self.is_ready = self.answers()
        return self.is_ready

    def _bury(self, child: Child, say: Callable[[str], None]) -> None:
        child.kill()  # what is left of its group
        self.is_ready, self._answered_at = False, None
        wait = self.restarts.after_death(time.time() - child.started_at)
        self._start_at = time.monotonic() + wait
        say(
            f"{self.name} ended with {child.process.returncode} and starts again in {wait:g} s: see {child.command.log}"
        )

    def _look(self, say: Callable[[str], None]) -> None:
        now = time.monotonic()
        if self.url is None or self.child is None or now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        status, reason = probe.http_status(f"{self.url}/healthz")
        if status == 200:
            self._answered_at = now
        elif status != 0:
            say(f"{self.name} is not alive: {reason}")
            self.child.kill()
        elif self._answered_at is not None and now - self._answered_at > SILENT_SECONDS:
            say(f"{self.name} has not answered for {SILENT_SECONDS:g} s")
            self.child.kill()

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
            "metrics": self.url,
            **(self._mark if state in ("running", "starting") else {"pid": None}),
        }
