"""The faults of one seed, in a random order, at random moments."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.load import Host
from tests.faults.workers import Kept
from tests.stack import Stack

KILLS = 10
FROZEN_SECONDS = 12.0
"""Longer than the session time-out of both consumer groups (10 s)."""

SECOND_WORKER_SECONDS = 12.0


@dataclass(slots=True)
class Targets:
    """What is hurt."""

    stack: Stack
    streams: Kept
    sink: Kept
    host: Host
    start_second: Callable[[], Kept]


def torment(targets: Targets, seed: int, seconds: float, say: Callable[[str], None]) -> None:
    """Commit every fault once (kills: ten times each) over about `seconds`."""
    rng = random.Random(seed)
    background: list[threading.Thread] = []
    actions: list[tuple[str, Callable[[], None]]] = [
        *[("kill streams", targets.streams.kill)] * KILLS,
        *[("kill sink", targets.sink.kill)] * KILLS,
        *[("kill host", targets.host.kill)] * KILLS,
        ("freeze streams", lambda: background.append(_start(lambda: _freeze(targets.streams)))),
        ("second worker", lambda: background.append(_start(lambda: _second(targets.start_second)))),
        ("restart kafka", lambda: _restart_kafka(targets.stack)),
        ("restart postgres", lambda: _restart_postgres(targets.stack)),
    ]
    rng.shuffle(actions)
    for name, action in actions:
        time.sleep(rng.expovariate(1 / (seconds / len(actions))))
        say(name)
        action()
    for thread in background:
        thread.join()


def _start(action: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread


def _freeze(kept: Kept) -> None:
    kept.freeze()
    time.sleep(FROZEN_SECONDS)
    kept.thaw()


def _second(start: Callable[[], Kept]) -> None:
    worker = start()
    time.sleep(SECOND_WORKER_SECONDS)
    worker.leave()


def _restart_kafka(stack: Stack) -> None:
    stack.kafka.kill()
    stack.kafka.start()


def _restart_postgres(stack: Stack) -> None:
    stack.postgres.kill()
    stack.postgres.start()
