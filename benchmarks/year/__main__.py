"""`python -m benchmarks.year`: load the year, send its last day through Kafka, ask every view; prints Markdown tables."""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import platformdirs

from benchmarks.year.builds import World
from benchmarks.year.load import Loader
from benchmarks.year.pipeline import run_day
from benchmarks.year.questions import ask_all, asked_table, sizes_table
from benchmarks.year.retire import retire
from headcount.up.ports import choose_port
from headcount.up.postgres_server import PostgresServer
from headcount.up.state import StateDir
from sinks.migrate import migrate
from tests.stack import Database


def main() -> int:
    chosen = _arguments()
    world = World(chosen.until, chosen.days, chosen.builds, chosen.projects, chosen.lists, chosen.seed)
    with _folder(chosen.folder) as folder, _postgres(folder) as server:
        database = Database(*(server.dsn(role) for role in ("owner", "sink", "reader")))
        migrate(database.owner)
        if not chosen.loaded:
            _load(world, database, folder, kafka=not chosen.no_kafka)
            _retire(database, folder)
        asked = ask_all(database.reader, tell, only=chosen.only)
        print(asked_table(asked))
        print()
        print(sizes_table(database.owner, world.days))
    return 0


def tell(line: str) -> None:
    """Say how far it is."""
    print(f"  {line}", file=sys.stderr, flush=True)


def _load(world: World, database: Database, folder: Path, *, kafka: bool) -> None:
    loader = Loader(world, database.owner)
    days = world.days - kafka
    seconds = loader.load(range(days), tell)
    started = time.monotonic()
    loader.finish()
    print(f"{days} days loaded in {seconds:.0f} s, latest rows and ANALYZE in {time.monotonic() - started:.0f} s\n")
    if kafka:
        day = run_day(world, database, folder, tell)
        print(
            f"The last day, {day.builds} builds, through Kafka: published in {day.published_seconds:.1f} s,"
            f" in Postgres after {day.stored_seconds:.1f} s ({day.builds / day.stored_seconds:.0f} builds/s)\n"
        )


def _retire(database: Database, folder: Path) -> None:
    retired = retire(database.sink, folder / "archive")
    rows = ", ".join(f"{rows} of {table}" for table, rows in retired.rows.items()) or "nothing"
    print(
        f"The daily job: {retired.seconds:.0f} s; gone: {rows}; archive of {retired.archive_bytes / 1e6:.0f} MB;",
        end=" ",
    )
    print(f"the ledger differs in: {', '.join(retired.differences) or 'nothing'}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--builds", type=int, default=10_400, help="a day, on average")
    parser.add_argument("--projects", type=int, default=2_000)
    parser.add_argument("--lists", type=int, default=200, help="distinct package lists")
    parser.add_argument("--seed", type=int, default=20)
    today = datetime.now(UTC).date()
    parser.add_argument("--until", type=date.fromisoformat, default=today, help="the day after the last one")
    parser.add_argument("--folder", type=Path, help="where the database stays; by default it is removed at the end")
    parser.add_argument("--loaded", action="store_true", help="the folder has a loaded database: only ask")
    parser.add_argument("--no-kafka", action="store_true", help="load the last day like the others")
    parser.add_argument("--only", default="", help="ask only what has this in its name")
    return parser.parse_args()


@contextlib.contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="headcount-year-") as made:
        yield Path(made)


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[PostgresServer]:
    state = StateDir(folder)
    state.create()
    port = choose_port(given=None, last=None, taken=set(), what="Postgres", option="-")
    cache = platformdirs.user_cache_path("headcount")
    server = PostgresServer(
        state.postgres, port=port, passwords=state.secrets(), cache=cache, log=state.logs / "postgres.log"
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
