"""What the connections of one worker share: routes, the way of events, a clock, and the bounds of a connection."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Final

from headcount.metrics import Metrics
from producers.gateway.answer import Answer, Later, Request
from producers.gateway.events.encode import Answered
from producers.gateway.server.client import Proxies
from producers.gateway.server.judge import Limits
from producers.gateway.server.known import KnownAnswers

TICK_SECONDS: Final = 0.5
"""How often connections are looked after; their clock is no finer."""

GRACE_SECONDS: Final = 0.05
"""How long an idle connection is kept at the end: what its client had sent by then is answered."""


LEAST_TAKEN: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one connection may take. Seconds are counted by the tick, so that a bound ends up to a tick early."""

    request_seconds: float = 10.0
    """For a request's line and headers, from the connection's or their first byte to the last."""

    idle_seconds: float = 65.0
    """Between two requests: longer than the common 60 s of the proxies in front, who should be the ones to close."""

    write_seconds: float = 30.0
    """For a slow reader to take LEAST_TAKEN."""

    connections: int = 10_000
    """Of a worker, each of which may hold some 300 KiB; what comes on top is closed at once."""

    drain_bytes: int = 64 * 1024
    drain_seconds: float = 2.0
    """What is read and thrown away after an answer that ends the connection, so that the answer arrives."""


@dataclass(slots=True)
class Runtime:
    """One worker's. `add` takes an answered request and never waits; `is_stopping` once SIGTERM has come."""

    route: Callable[[Request], Answer | Later]
    add: Callable[[Answered], None]
    metrics: Metrics
    proxies: Proxies = field(default_factory=Proxies)
    upstreams: Any = None
    bounds: Bounds = field(default_factory=Bounds)
    limits: Limits = field(default_factory=Limits)
    known: KnownAnswers = field(default_factory=KnownAnswers)
    clock: Callable[[], float] = time.monotonic
    connections: set[Any] = field(default_factory=set)
    now: float = 0.0
    date: bytes = b""
    is_stopping: bool = False

    def __post_init__(self) -> None:
        self.tick()

    def swap(self, route: Callable[[Request], Answer | Later]) -> None:
        """Answer by other routes from now on; what waits for an upstream ends with the old."""
        self.route = route
        self.known = KnownAnswers()

    def tick(self) -> None:
        """Set the clock and let each connection look after itself."""
        self.now = self.clock()
        self.date = formatdate(time.time(), usegmt=True).encode()
        for connection in list(self.connections):
            connection.tick(self.now)
        self.metrics.gateway_connections.set(len(self.connections))
