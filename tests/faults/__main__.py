"""Runs seeds one after the other on one Kafka and one Postgres; exit 1 where any of them differs from the truth."""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from headcount.kafka import TopicPartition, consumer
from headcount.postgres import connect
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.topics import PARTITIONS, RAW_BUILDS
from sinks.migrate import migrate
from tests.faults import chaos, compare
from tests.faults.events import make_events
from tests.faults.load import Host, inject, plan
from tests.faults.workers import Kept
from tests.kafka_topics import eventually
from tests.stack import Database, Stack, start_stack, stop_stack

EVENTS = 20_000
OF_HOST = 4_000
LOAD_SECONDS = 55.0
DRAIN_SECONDS = 90.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=1)
    words = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory(prefix="headcount-faults-") as name:
        stack = start_stack(Path(name) / "state")
        try:
            for seed in range(words.first, words.first + words.seeds):
                if not run_seed(stack, Path(name) / str(seed), seed):
                    failed.append(seed)
        finally:
            stop_stack(stack)
    print(f"{words.seeds - len(failed)} passed, {len(failed)} failed" + (f": seeds {failed}" if failed else ""))
    return 1 if failed else 0


def run_seed(stack: Stack, folder: Path, seed: int) -> bool:
    started = time.monotonic()
    settings = stack.kafka_settings(stack.fresh_prefix())
    database = stack.fresh_database()
    ensure(settings)
    migrate(database.owner)
    folder.mkdir()
    events = make_events(seed, EVENTS)
    kept = Processes(settings, database, folder)
    host = Host(settings, folder / "host", seed=seed, first=0, last=OF_HOST, seconds=LOAD_SECONDS)
    targets = chaos.Targets(stack, kept.streams, kept.sink, host, lambda: kept.start("streams", 1))
    faults: list[str] = []
    try:
        with ThreadPoolExecutor(1) as pool:
            load = pool.submit(inject, settings, plan(events[OF_HOST:], seed), LOAD_SECONDS)
            # In this thread: Linux ends Kafka and Postgres with the thread that started them.
            chaos.torment(targets, seed, LOAD_SECONDS, faults.append)
            sent = load.result()
        host.finished.wait(DRAIN_SECONDS)
        drained = wait_until_drained(settings, database)
        wrong = [*sent.failed, *([] if drained is None else [drained])]
        wrong += compare.differences(settings, database, events, sent)
    finally:
        kept.leave()
    codes = f"streams ended {len(kept.streams.codes)} times, sink {len(kept.sink.codes)} times"
    print(
        f"seed {seed}: {len(events)} events, {len(sent.corrupt)} corrupt records, {sent.resent} events resent, ", end=""
    )
    print(
        f"{len(faults)} faults, {codes}, {time.monotonic() - started:.0f} s: {'WRONG' if wrong else 'right'}",
        flush=True,
    )
    for line in wrong:
        print(f"  {line}")
    if wrong:
        for log in folder.glob("*.log"):
            kept_log = Path(tempfile.gettempdir()) / f"headcount-faults-{seed}-{log.name}"
            kept_log.write_bytes(log.read_bytes())
            print(f"  log: {kept_log}")
    return not wrong


class Processes:
    """The pipeline under test."""

    def __init__(self, settings: KafkaSettings, database: Database, folder: Path) -> None:
        self._folder = folder
        self._environ = {
            "HEADCOUNT_KAFKA": settings.bootstrap,
            "HEADCOUNT_KAFKA_TOPIC_PREFIX": settings.topic_prefix,
            "HEADCOUNT_DATABASE": database.owner,
            "HEADCOUNT_DATABASE_SINK": database.sink,
            "HEADCOUNT_DATABASE_READER": database.reader,
            "HEADCOUNT_STATE_DIR": str(folder / "state"),
        }
        self.streams = self.start("streams", 0)
        self.sink = Kept("sink", ["sink"], self._environ, folder / "sink.log")

    def start(self, name: str, slot: int) -> Kept:
        return Kept(name, [name, "--slot", str(slot)], self._environ, self._folder / f"{name}-{slot}.log")

    def leave(self) -> None:
        self.streams.leave()
        self.sink.leave()


def wait_until_drained(settings: KafkaSettings, database: Database) -> str | None:
    """Wait until Postgres stands at the end of every raw partition; words where it does not come there."""
    client = consumer(settings, group_id="tests", enable_auto_commit=False)
    name = settings.name(RAW_BUILDS)
    ends = {
        partition: client.get_watermark_offsets(TopicPartition(name, partition), timeout=30)[1]
        for partition in range(PARTITIONS)
    }
    client.close()
    positions = eventually(
        lambda: _positions(database),
        is_right=lambda found: all(found.get(partition, 0) >= end for partition, end in ends.items()),
        seconds=DRAIN_SECONDS,
    )
    behind = {
        partition: (positions.get(partition), end)
        for partition, end in ends.items()
        if end > positions.get(partition, 0)
    }
    return f"not drained after {DRAIN_SECONDS:.0f} s: partition: (position, end) {behind}" if behind else None


def _positions(database: Database) -> dict[int, int]:
    with connect(database.owner, application="tests") as connection:
        rows = connection.execute("SELECT partition, next_raw_offset FROM headcount_store.positions").fetchall()
    return dict(rows)


sys.exit(main())
