"""The sink's writer on clean build records: decode, add up, COPY, upsert, commit; one core beside Postgres.

Two shapes: *series* are builds of which little is known (what is left when collectors fail), *whole* builds have lists of 60
pip and 400 apt packages from a dozen distinct images, as Read the Docs' have.
"""

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.cores import MEASURED, OTHERS, core
from benchmarks.figures import Figure
from headcount.postgres import connect
from headcount.up.ports import choose_port
from headcount.up.postgres_server import PostgresServer
from headcount.up.state import StateDir
from schemas.codec import decode, encode
from schemas.topics import CLEAN_BUILDS, RAW_BUILDS
from sinks.batch import Batch
from sinks.migrate import migrate
from sinks.writer import Writer
from tests.integration.sink.records import SECOND, T0, build_event, clean_record

EVENTS_A_RECORD = 100
RECORDS_A_TRANSACTION = 20
ROWS_AT_LEAST = 90_000


def run(*, series_records: int = 200, whole_records: int = 30) -> dict[str, Any]:
    """Measure both shapes on a new database. Gives events/s, and events per row written."""
    with tempfile.TemporaryDirectory() as folder:
        state = StateDir(Path(folder) / "state")
        state.create()
        port = choose_port(given=None, last=None, taken=set(), what="Postgres", option="-")
        cache = Path(folder) / "cache"
        server = PostgresServer(
            state.postgres, port=port, passwords=state.secrets(), cache=cache, log=state.logs / "log"
        )
        with core(OTHERS):
            server.start()
        try:
            migrate(server.dsn("owner"))
            writer = Writer(server.dsn("sink"))
            with core(MEASURED):
                result = {
                    "series": _measure(writer, server.dsn("owner"), 0, _records(series_records, packages=0)),
                    "whole": _measure(writer, server.dsn("owner"), 1, _records(whole_records, packages=400)),
                }
            writer.close()
        finally:
            server.kill()
    return result


def figures() -> list[Figure]:
    """The same as rows of the table: builds are written row by row."""
    rows = []
    for shape, found in run().items():
        name = f"sink, {shape} events of {found['bytes_per_event']} bytes"
        rows += [
            Figure(f"{name}: events", found["events_per_second"], "events/s"),
            Figure(f"{name}: the same, by the writer's CPU time", found["events_per_cpu_second"], "events/CPU s"),
            Figure(f"{name}: rows", found["rows_written"] / found["seconds"], "rows/s", ROWS_AT_LEAST),
            Figure(f"{name}: reduction", found["events_per_row_written"], "events/row"),
        ]
    return rows


def _records(count: int, *, packages: int) -> list[bytes]:
    chance = random.Random(7)
    statuses = (
        {} if packages else dict.fromkeys(("pip_all", "apt_all", "pip_declared", "pip_root", "apt_declared"), "missing")
    )
    images = [
        (
            tuple((f"package-{n}", f"{chance.randrange(9)}.{n}") for n in range(packages * 3 // 20)),
            tuple((f"library-{n}", f"{chance.randrange(9)}.{n}-1") for n in range(packages)),
        )
        for _ in range(12)
    ]
    encoded = []
    for offset in range(count):
        events = []
        for n in range(EVENTS_A_RECORD):
            pip, apt = chance.choice(images)
            project = chance.randrange(2000)
            events.append(
                build_event(
                    f"{packages}-{offset}-{n}",
                    project=f"p{project}",
                    version=f"v{chance.randrange(3)}",
                    started_at=T0 + (offset * EVENTS_A_RECORD + n) * SECOND,
                    success=chance.random() < 0.8,
                    pip=pip,
                    apt=apt,
                    statuses=statuses,
                )
            )
        encoded.append(encode(CLEAN_BUILDS, clean_record(offset, events)))
    return encoded


def _measure(writer: Writer, owner: str, partition: int, records: list[bytes]) -> dict[str, Any]:
    topic = RAW_BUILDS.name
    position = writer.claim(topic, partition)
    before = _rows(owner)
    started, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(records), RECORDS_A_TRANSACTION):
        batch = Batch(topic, {partition: position})
        for offset, value in enumerate(records[start : start + RECORDS_A_TRANSACTION], start):
            batch.add(partition, offset, decode(CLEAN_BUILDS, value))
        writer.apply(batch)
        position = batch.after[partition]
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    events = len(records) * EVENTS_A_RECORD
    written = _rows(owner) - before
    return {
        "events": events,
        "seconds": round(seconds, 2),
        "events_per_second": round(events / seconds),
        "events_per_cpu_second": round(events / cpu_seconds),
        "rows_written": written,
        "events_per_row_written": round(events / written, 2),
        "bytes_per_event": round(sum(map(len, records)) / events),
    }


def _rows(owner: str) -> int:
    with connect(owner, application="benchmark") as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        row = connection.execute(
            "SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables WHERE schemaname = 'headcount_store'"
        ).fetchone()
    assert row is not None
    return int(row[0])
