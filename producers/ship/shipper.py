"""The loop: lines, the position that they lead to, their records to Kafka, the position again; then the next lines."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from headcount.metrics import Metrics
from producers.ship.delivery import Delivery
from producers.ship.follow import Follower
from producers.ship.position import Position, PositionFile
from producers.ship.rounds import Outcomes, Rounds

ROUND_LINES: Final = 4_000
"""Some 500 of each partition, a full batch."""

ROUND_BYTES: Final = 4 * 1024 * 1024
LOOK_SECONDS: Final = 0.2

_log = logging.getLogger("headcount.ship")


@dataclass(slots=True)
class Counts:
    """What this run has done."""

    lines: int = 0
    events: int = 0
    refused: int = 0
    others: Counter[str] = field(default_factory=Counter)

    def add(self, lines: int, outcomes: Outcomes) -> None:
        """Count a round."""
        self.lines += lines
        self.events += outcomes.events
        self.refused += sum(outcomes.refused.values())
        self.others.update({name: outcomes.lines[name] for name in ("early", "no_request") if outcomes.lines[name]})

    def row(self) -> dict[str, int]:
        """Give what is printed: `early` and `no_request` where there were any."""
        return {"lines": self.lines, "events": self.events, "refused": self.refused, **self.others}


class Shipper:
    """Ships one log. `wait` waits so many seconds, less when we are asked to stop."""

    def __init__(
        self,
        file: PositionFile,
        position: Position,
        *,
        follower: Follower,
        rounds: Rounds,
        delivery: Delivery,
        metrics: Metrics,
        is_stopping: Callable[[], bool],
        wait: Callable[[float], object],
    ) -> None:
        self._file = file
        self._position = position
        self._follower = follower
        self._rounds = rounds
        self._delivery = delivery
        self._metrics = metrics
        self._is_stopping = is_stopping
        self._wait = wait
        self.counts = Counts()

    def run(self, *, once: bool, look: Callable[[], None] = lambda: None) -> None:
        """Ship until we are asked to stop, or with `once` until everything that is there has arrived.

        `look` is called between rounds.
        """
        if self._position.pending:
            _log.info(
                "a round of the last run is sent again", extra={"fields": {"records": len(self._position.pending)}}
            )
            if not self._send():
                return
        while not self._is_stopping():
            look()
            if self._round():
                continue
            if self._follower.look():
                continue
            if once:
                return
            self._wait(LOOK_SECONDS)

    def _round(self) -> bool:
        """Ship some lines; False where there are none now, or where we have to stop before they have arrived."""
        taken = self._follower.take(ROUND_LINES, ROUND_BYTES)
        if taken is None:
            self._metrics.ship_behind.set(self._follower.behind)
            return False
        file, lines = taken
        records, outcomes = self._rounds.records(file, lines)
        self._position = replace(
            self._position,
            files=tuple(self._follower.marks()),
            done=tuple(self._follower.done),
            numbers=self._rounds.numbers(),
            pending=tuple(records),
            has_begun=self._rounds.has_begun,
        )
        self._file.write(self._position, durable=True)
        if not self._send():
            return False
        self.counts.add(len(lines), outcomes)
        self._count(outcomes)
        self._metrics.ship_behind.set(self._follower.behind)
        return True

    def _send(self) -> bool:
        if not self._delivery.deliver(self._position.pending):
            return False
        self._position = replace(self._position, pending=())
        self._file.write(self._position, durable=False)
        return True

    def _count(self, outcomes: Outcomes) -> None:
        for name, count in outcomes.lines.items():
            self._metrics.ship_lines.labels(name).inc(count)
        for reason, count in outcomes.refused.items():
            self._metrics.ship_lines.labels("refused").inc(count)
            self._metrics.refused.labels(reason.value).inc(count)
