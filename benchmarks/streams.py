"""Streams: a real worker on a backlog of batches, the pure work alone, stock Faust on single records, and the latency."""

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import events
from benchmarks.broker import batches, clean_stamps, fresh_topics, preload, stack
from benchmarks.cores import MEASURED, core
from benchmarks.figures import Figure
from benchmarks.latency import latencies
from headcount.kafka import KafkaException, TopicPartition, consumer
from headcount.settings import KafkaSettings
from schemas.batches import Head, headers
from schemas.topics import CLEAN_BUILDS, PARTITIONS, RAW_BUILDS
from streams.builds.domain import builds
from streams.form import FormWatch
from streams.latest_rows import LatestRows
from streams.scrub.names import load
from streams.state import Draft, Position, State
from streams.take import RawRecord, Taker
from tests.processes import Running, environment, running

A_RECORD = 100
A_TAKE = 200
BATCHED = {"small": 60_000, "whole": 8_000}
SINGLE = {"small": 6_000, "whole": 2_000}
DRAIN_SECONDS = 180
AT_LEAST, GOAL = 80_000, 150_000
FIRST_TAKE_MS = 20
"""Records handed over so soon after the first were decided with it, before the clock of the measurement ran."""


def run() -> list[Figure]:
    figures = []
    with stack() as (servers, folder):
        for shape, make in (("small", events.small), ("whole", events.whole)):
            encoded = make(BATCHED[shape])
            records = batches(encoded, A_RECORD)
            size = sum(map(len, encoded)) / len(encoded)
            name = f"streams, {shape} events of {size:.0f} bytes"
            settings = fresh_topics(servers)
            ours = worked(settings, records, worker(settings, folder / shape))
            peer_settings = fresh_topics(servers)
            single = batches(encoded[: SINGLE[shape]], 1)
            peer = worked(peer_settings, single, stock(peer_settings, folder / f"{shape}.log"))
            figures += [
                Figure(f"{name}: worker, {A_RECORD} a record", ours.per_second, "events/s", AT_LEAST, GOAL),
                Figure(f"{name}: the same, by CPU time", ours.per_cpu_second, "events/CPU s"),
                Figure(f"{name}: pure work without Kafka, by CPU time", pure(records), "events/CPU s"),
                Figure(f"{name}: stock Faust, 1 a record", peer.per_second, "events/s"),
                Figure(f"{name}: the same, by CPU time", peer.per_cpu_second, "events/CPU s"),
                Figure(
                    f"{name}: worker to stock Faust, by CPU time", ours.per_cpu_second / peer.per_cpu_second, "times"
                ),
            ]
            settings = fresh_topics(servers)
            with on_measured(worker(settings, folder / f"{shape}-latency")) as process:
                process.ready()
                seconds = latencies(settings, records, rate=ours.per_second / A_RECORD / 2)
            cuts = statistics.quantiles(seconds, n=100)
            figures += [
                Figure(f"{name}: event to clean topic at half load, p{p}", cuts[p - 1] * 1000, "ms") for p in (50, 95)
            ]
    return figures


def worker(settings: KafkaSettings, folder: Path) -> AbstractContextManager[Running]:
    """Our worker."""
    folder.mkdir()
    return running(["-m", "headcount", "streams"], environment(settings, folder), folder / "log")


def stock(settings: KafkaSettings, log: Path) -> AbstractContextManager[Running]:
    """The peer."""
    words = ["-m", "benchmarks.stock_faust", settings.bootstrap]
    return running([*words, settings.name(RAW_BUILDS), settings.name(CLEAN_BUILDS)], {}, log)


@contextmanager
def on_measured(process: AbstractContextManager[Running]) -> Iterator[Running]:
    """Start a process on the core that is measured; this one stays where it is."""
    with ExitStack() as exits:
        with core(MEASURED):
            entered = exits.enter_context(process)
        yield entered


@dataclass(frozen=True, slots=True)
class Worked:
    """Events a second by the clock, from the first clean record on, and by the CPU time of the process."""

    per_second: float
    per_cpu_second: float


def worked(
    settings: KafkaSettings, records: Sequence[tuple[Head, bytes]], process: AbstractContextManager[Running]
) -> Worked:
    """Preload the records and run the process until all are clean."""
    preload(settings, records)
    with on_measured(process) as entered:
        cpu_seconds = drained(settings, len(records), entered.process.pid)
        stamps = clean_stamps(settings)
        assert len(stamps) == len(records), (len(stamps), entered.lines()[-3:])
    a_record = records[0][0].count
    later = sum(stamp > stamps[0] + FIRST_TAKE_MS for stamp in stamps)
    return Worked(later * a_record * 1000 / (stamps[-1] - stamps[0]), len(records) * a_record / cpu_seconds)


def drained(settings: KafkaSettings, records: int, pid: int) -> float:
    """Wait until the clean topic has grown by so many offsets and grows no more; gives the CPU seconds that it took."""
    client = consumer(settings, group_id="bench", enable_auto_commit=False)
    name = settings.name(CLEAN_BUILDS)
    last = -1
    used = [cpu(pid)]
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        try:
            end = sum(client.get_watermark_offsets(TopicPartition(name, p), timeout=30)[1] for p in range(PARTITIONS))
        except KafkaException:  # a broker that is starved for a while leads nothing; it comes back
            continue
        used = [cpu(pid)] if end == 0 else [*used, cpu(pid)]
        if end >= records and end == last:
            break
        last = end
        time.sleep(0.5)  # between two looks
    client.close()
    return used[-1] - used[0]


def cpu(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pure(records: Sequence[tuple[Head, bytes]]) -> float:
    """Decide all records as one partition's takes; gives events a second of CPU time."""
    domain = builds(load())
    state = State()
    latest = LatestRows({}, domain.retirement.group_of)
    taker = Taker(domain, raw_name=domain.raw.name, partition=0, latest=latest)
    now = time.time_ns() // 1000
    # As one partition: numbers go on from record to record.
    renumbered = [replace(head, seq=n, handed_over=(n + 1) * A_RECORD) for n, (head, _) in enumerate(records)]
    raw = [RawRecord(n, now, _headers(renumbered[n]), value) for n, (_, value) in enumerate(records)]
    position = Position(0, "cluster", "topic")
    with core(MEASURED):
        started = time.process_time()
        for first in range(0, len(raw), A_TAKE):
            take = taker.decide(raw[first : first + A_TAKE], Draft(state, position), FormWatch())
            take.draft.apply()
            for key, row in take.latest.items():
                latest.put(key, row)
            position = take.draft.position
        return len(raw) * A_RECORD / (time.process_time() - started)


def _headers(head: Head) -> list[tuple[str, bytes | None]]:
    return [(name, value) for name, value in headers(head) if isinstance(value, bytes)]
