"""The publisher's face to its host: `publish`, `flush`, `close`. None of them raises, none blocks beyond its bound."""

import atexit
import logging
import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from headcount.metrics import Metrics
from headcount.settings import KafkaSettings
from producers.publisher.batch import Batch
from producers.publisher.lines import UNGROUPED, Line
from producers.publisher.sender import Sender
from producers.publisher.spool import Spool
from schemas.batches import MAX_EVENT_BYTES, encode_event
from schemas.routes import partitions_of
from schemas.topics import Topic, partition_of

CUT_AFTER_SECONDS: Final = 0.025
"""Events wait this long for others. With the time after which a late batch goes to the spool it stays below 100 ms."""

CUT_AFTER_AWAY_SECONDS: Final = 0.075
"""The same while older ones wait in the spool: the batch joins them at once, so that there is time for fewer and larger."""

STEP_SECONDS: Final = 0.01
MAX_CUT: Final = 256
"""Full batches that wait for the thread at most (64 MiB), should the disk hang."""

SPOOL_BYTES: Final = 256 * 1024 * 1024
BLOCK_SECONDS: Final = 0.1

_log = logging.getLogger("headcount.publisher")
_log.addHandler(logging.NullHandler())  # a host that has no logging set up gets nothing on its stderr


@dataclass(frozen=True, slots=True)
class Group:
    """Events of one source for a topic that groups them: the encoded fields before their list, and each encoded event."""

    source: str
    beginning: bytes
    events: Sequence[bytes]


class Publisher:
    """Hands events over to Kafka, or to a spool on disk while Kafka is away.

    `bootstrap` is Kafka's address (or all its settings), `spool_dir` the folder of the spool, `spool_bytes` its cap,
    `block_seconds` how long `publish` may wait at most. After a fork the child is a producer of its own. What a killed
    host had handed over in its last 100 ms may be lost; everything older is on Kafka or in the spool.
    """

    def __init__(
        self,
        bootstrap: str | KafkaSettings,
        *,
        spool_dir: str | Path,
        spool_bytes: int = SPOOL_BYTES,
        block_seconds: float = BLOCK_SECONDS,
        metrics: Metrics | None = None,
    ) -> None:
        self._settings = KafkaSettings(bootstrap) if isinstance(bootstrap, str) else bootstrap
        self._spool_dir = Path(spool_dir)
        self._spool_bytes = spool_bytes
        self._block_seconds = block_seconds
        self.metrics = metrics or Metrics()
        self._closed = False
        self._begin()
        _install()
        _living.add(self)

    def _begin(self) -> None:
        """Start anew: in the constructor, and in a child after a fork."""
        self._id = os.urandom(16).hex()
        self._lock = threading.Lock()
        self._stepping = threading.Lock()
        """Held during a step, and while the host forks: metrics and logs have locks that a fork must not copy taken."""

        self._lines: dict[tuple[str, int], Line] = {}
        self._cut: list[Batch] = []
        self._wake = threading.Event()
        self._stepped = threading.Condition()
        self._steps = 0
        self._stopping = False
        self._flushing = False
        self._thread: threading.Thread | None = None
        spool = Spool(self._spool_dir, max_bytes=self._spool_bytes, name=self._id)
        self._sender = Sender(self._settings, spool, metrics=self.metrics, lost=self._lost)

    def publish(self, topic: Topic, event: Mapping[str, Any], *, source: str) -> bool:
        """Take one event of a raw topic; all events of one `source` go to one partition (schemas/routes.py has exceptions).

        Gives whether it was taken: False for an event that does not fit the schema or is over 200 KiB (both counted),
        or when the publisher is closed.
        """
        if self._closed:
            return False
        try:
            encoded = encode_event(topic, event)
        except Exception as error:  # noqa: BLE001 - the host's boundary: fastavro raises nearly anything
            return self._refuse("schema", type(error).__name__)
        if len(encoded) > MAX_EVENT_BYTES:
            return self._refuse("too_large", f"{len(encoded)} bytes")
        try:
            placed = [(partition, UNGROUPED, (encoded,)) for partition in partitions_of(topic, event, source)]
            return self._add(topic, placed, time.monotonic(), len(placed))
        except Exception as error:  # noqa: BLE001 - the host's boundary: nothing of ours may reach it
            return self._refuse("internal", repr(error))

    def publish_groups(self, topic: Topic, groups: Sequence[Group], *, since: float) -> bool:
        """Take events that were gathered and encoded by source; their order in each source is kept.

        `since` is when the first of them happened (monotonic seconds): they wait for others no longer than that allows.
        Gives whether they were taken, all or none; those that were not are counted.
        """
        count = sum(len(group.events) for group in groups)
        if self._closed or not count:
            return not count
        try:
            placed = [(partition_of(group.source), group.beginning, group.events) for group in groups]
            return self._add(topic, placed, since, count)
        except Exception as error:  # noqa: BLE001 - the host's boundary: nothing of ours may reach it
            return self._refuse("internal", repr(error), count)

    def _refuse(self, cause: str, detail: str, count: int = 1) -> bool:
        self.metrics.dropped.labels(cause).inc(count)
        _log.warning("events are dropped", extra={"fields": {"cause": cause, "detail": detail, "events": count}})
        return False

    def _add(
        self, topic: Topic, placed: Sequence[tuple[int, bytes, Sequence[bytes]]], since: float, count: int
    ) -> bool:
        if not self._lock.acquire(timeout=self._block_seconds):
            return self._refuse("blocked", f"{self._block_seconds} s", count)
        try:
            if self._closed:
                return False
            self._start()
            if len(self._cut) >= MAX_CUT:
                return self._refuse("blocked", f"{MAX_CUT} batches wait for the disk", count)
            before = len(self._cut)
            for partition, group, events in placed:
                self._cut += self._line(topic, partition).add_group(group, events, since)
            is_full = len(self._cut) > before
        finally:
            self._lock.release()
        if is_full:
            self._wake.set()
        return True

    def _line(self, topic: Topic, partition: int) -> Line:
        line = self._lines.get((topic.name, partition))
        if line is None:
            line = Line(topic, self._settings.name(topic), partition, lambda: os.urandom(16).hex())
            self._lines[topic.name, partition] = line
        return line

    def flush(self, seconds: float) -> int:
        """Wait until everything is on Kafka, at most `seconds`; gives how many events are not. Those are in the spool."""
        deadline = time.monotonic() + seconds
        try:
            with self._lock:
                self._start()
            self._flushing = True
            self._next_step(deadline)
            while (left := self._left()) and time.monotonic() < deadline:
                self._next_step(deadline)
        except Exception:  # noqa: BLE001 - the host's boundary: nothing of ours may reach it
            _log.exception("flush failed")
            left = self._left()
        finally:
            self._flushing = False
        return left

    def close(self, seconds: float = 1.0) -> None:
        """Flush for at most `seconds`, leave the rest in the spool, and stop. Safe to call twice."""
        if self._closed:
            return
        self.flush(seconds)
        with self._lock:
            self._closed = True
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds + 1.0)
        _living.discard(self)

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _left(self) -> int:
        with self._lock:
            waiting = sum(line.count for line in self._lines.values())
            waiting += sum(batch.count for batch in self._cut)
        return waiting + self._sender.left

    def _start(self) -> None:
        """Start the thread, once; the lock is held."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, args=(self._sender,), name="headcount-publisher", daemon=True)
            thread.start()
            self._thread = thread

    def _next_step(self, deadline: float) -> None:
        with self._stepped:
            # Two: the step that is under way may have begun before what we wait for was there.
            wanted = self._steps + 2
            self._wake.set()
            self._stepped.wait_for(lambda: self._steps >= wanted, timeout=max(0.0, deadline - time.monotonic()))

    def _run(self, sender: Sender) -> None:
        while True:
            self._wake.wait(STEP_SECONDS)
            self._wake.clear()
            stopping = self._stopping
            try:
                with self._stepping:
                    self._step(sender, everything=stopping or self._flushing)
            except Exception:  # noqa: BLE001 - outermost frame of the thread: the next step tries again
                _log.exception("a step failed")
            with self._stepped:
                self._steps += 1
                self._stepped.notify_all()
            if stopping:
                sender.close()
                return

    def _step(self, sender: Sender, *, everything: bool) -> None:
        now = time.monotonic()
        with self._lock:
            batches, self._cut = self._cut, []
            due = [line for line in self._lines.values() if line.waits]
            batches += [line.cut() for line in due if everything or now - line.first_at >= self._cut_after(line)]
        for batch in batches:
            sender.send(batch)
        sender.step()

    def _cut_after(self, line: Line) -> float:
        is_away = self._sender.keeps_back((line.topic_name, line.partition, line.producer_id))
        return CUT_AFTER_AWAY_SECONDS if is_away else CUT_AFTER_SECONDS

    def _lost(self, batch: Batch, cause: str) -> bool:
        self.metrics.dropped.labels(cause).inc(batch.count)
        _log.error("events are lost", extra={"fields": {"cause": cause, "events": batch.count}})
        with self._lock:
            for line in self._lines.values():
                if line.producer_id == batch.head.producer_id and line.topic_name == batch.topic:
                    line.lose(batch.count, time.monotonic())
                    return True
        return False

    def _after_fork(self) -> None:
        """In the child: the parent's events and its librdkafka handle stay the parent's, ours are new."""
        self._sender.abandon()
        # Never freed: the handle's threads do not exist here, and its destructor would wait for them.
        _abandoned.append(self._sender)
        self._begin()


_living: "weakref.WeakSet[Publisher]" = weakref.WeakSet()
_abandoned: list[Sender] = []


_held: list[threading.Lock] = []


def _forking() -> None:
    _held[:] = [one._stepping for one in list(_living) if one._stepping.acquire(timeout=BLOCK_SECONDS)]


def _parent_forked() -> None:
    for lock in _held:
        lock.release()


def _forked() -> None:
    for publisher in list(_living):
        publisher._after_fork()


def _exiting() -> None:
    for publisher in list(_living):
        publisher.close()


@cache
def _install() -> None:
    """Register both once, with the first publisher: importing this module starts nothing."""
    os.register_at_fork(before=_forking, after_in_parent=_parent_forked, after_in_child=_forked)
    atexit.register(_exiting)
