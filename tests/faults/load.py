"""What arrives on the raw topic: batches by hand with repetitions, late ones and damage; and a host that is killed."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headcount.kafka import producer
from headcount.settings import KafkaSettings
from schemas.batches import Head, encode_batch, encode_event, headers
from schemas.routes import partitions_of
from schemas.topics import RAW_BUILDS

Record = dict[str, Any]

BATCH_EVENTS = 30
RESENT = 0.05
CORRUPT = 0.005
SECONDS_OUT_OF_ORDER = 40
"""A late batch comes up to this many records behind its place."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One record to produce, and where in the order of sending it stands."""

    place: float
    partition: int
    value: bytes
    head: Head
    corrupt: bool


@dataclass(slots=True)
class Sent:
    """What the injector did: positions of corrupt records with their event counts, and how many events came again."""

    corrupt: dict[str, int] = field(default_factory=dict)
    resent: int = 0
    failed: list[str] = field(default_factory=list)


def plan(events: list[Record], seed: int) -> list[Sending]:
    """Cut events into numbered batches per partition and producer; repeat some, delay some, add damaged ones."""
    rng = random.Random(seed)
    producers = [rng.randbytes(16).hex() for _ in range(5)]
    lines: dict[tuple[str, int], list[bytes]] = {}
    totals: Counter[tuple[str, int]] = Counter()
    numbers: Counter[tuple[str, int]] = Counter()
    sendings: list[Sending] = []

    def cut(line: tuple[str, int], encoded: list[bytes], *, corrupt: bool = False) -> None:
        totals[line] += len(encoded)
        head = Head(line[0], numbers[line], len(encoded), totals[line], 0)
        numbers[line] += 1
        value = encode_batch(RAW_BUILDS, head, encoded)
        if corrupt:
            value = _damaged(rng, value)
        place = len(sendings) + 0.0
        late = place + rng.uniform(1, SECONDS_OUT_OF_ORDER) if rng.random() < RESENT / 2 else place
        sendings.append(Sending(late, line[1], value, head, corrupt))
        if not corrupt and rng.random() < RESENT:
            again = place + rng.choice((0.5, rng.uniform(1, SECONDS_OUT_OF_ORDER)))
            sendings.append(Sending(again, line[1], value, head, corrupt=False))

    for event in events:
        version = event["version"]["id"] if event["version"] else ""
        for partition in partitions_of(RAW_BUILDS, event, f"{event['project']['id']}/{version}"):
            line = (rng.choice(producers), partition)
            lines.setdefault(line, []).append(encode_event(RAW_BUILDS, event))
            if len(lines[line]) >= rng.randint(5, BATCH_EVENTS):
                cut(line, lines.pop(line))
            if rng.random() < CORRUPT * 2:
                cut(line, [encode_event(RAW_BUILDS, event | {"event_id": rng.randbytes(16).hex()})], corrupt=True)
    for line, encoded in lines.items():
        cut(line, encoded)
    return sorted(sendings, key=lambda sending: sending.place)


def _damaged(rng: random.Random, value: bytes) -> bytes:
    return rng.choice((value[: len(value) // 2], b"", b"\xff" + value[1:], b"\0\0\1\0\0" + value[5:], value + b"\0"))


def inject(settings: KafkaSettings, sendings: list[Sending], seconds: float) -> Sent:
    """Produce all records over about `seconds`, through broker restarts; gives what came of it."""
    sent = Sent()
    client = producer(settings, enable_idempotence=True, acks="all", message_timeout_ms=0)
    seen: set[tuple[str, int, int]] = set()
    begun = time.monotonic()
    for number, sending in enumerate(sendings):
        identity = (sending.head.producer_id, sending.partition, sending.head.seq)
        sent.resent += sending.head.count if identity in seen else 0
        seen.add(identity)

        def delivered(error: Any, message: Any, sending: Sending = sending) -> None:
            if error is not None:
                sent.failed.append(str(error))
            elif sending.corrupt:
                position = f"{message.topic()}:{message.partition()}:{message.offset()}:"
                sent.corrupt[position] = sending.head.count

        client.produce(
            settings.name(RAW_BUILDS),
            value=sending.value,
            partition=sending.partition,
            headers=headers(sending.head),
            on_delivery=delivered,
        )
        due = begun + seconds * number / len(sendings)
        while (wait := due - time.monotonic()) > 0:
            client.poll(min(wait, 0.1))
    client.flush(120)
    return sent


class Host:
    """A host that embeds the publisher and is killed again and again; it goes on behind its last acknowledged event."""

    def __init__(
        self, settings: KafkaSettings, folder: Path, *, seed: int, first: int, last: int, seconds: float
    ) -> None:
        self._words = [
            settings.bootstrap,
            settings.topic_prefix,
            str(folder / "spool"),
            str(folder / "done"),
            str(seed),
        ]
        self._words += [str(first), str(last), str((last - first) / seconds)]
        folder.mkdir(parents=True, exist_ok=True)
        self.finished = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self.finished.is_set():
            self._process = subprocess.Popen([sys.executable, "-m", "tests.faults.host", *self._words])
            if self._process.wait() == 0:
                self.finished.set()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
