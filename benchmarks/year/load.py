"""Writes days of builds as the sink does, but by COPY alone: its own rows, without reading what is there.

The sink takes 800 whole builds a second on a core, so a year would take it an hour and a half. Here the rows are the
same (`row_of`, `pack`, `build_row`, `join`, `latest_row`), and what is stored once per content is written when it is new.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

from benchmarks.year.builds import Record, World
from headcount.postgres import Cursor, connect, copy_rows
from schemas.builds.latest import join, row_of
from schemas.topics import RAW_BUILDS
from sinks.account import LEDGER_COLUMNS
from sinks.builds.content import ITEM_COLUMNS, LIST_PARTS
from sinks.builds.health import Health, write_health
from sinks.builds.rows import BUILD_COLUMNS, LATEST_COLUMNS, Contents, build_row, latest_row
from sinks.builds.shape import pack
from sinks.builds.weeks import Weeks
from sinks.statements import statement
from sinks.sums import sum_days
from sinks.times import instant

PRODUCER: Final = "b" * 32


class Loader:
    """Loads days in order; the latest rows are written at the end, as they are joined in memory until then."""

    def __init__(self, world: World, dsn: str) -> None:
        self.world = world
        self._connection = connect(dsn, application="benchmark")
        self._connection.execute("SET synchronous_commit = off")
        self._connection.execute(statement("session"))
        self._connection.commit()
        self._contents = Contents()
        self._written: set[bytes] = set()
        self._hashes: dict[int, dict[str, bytes | None]] = {}
        # The newest of each version, of each way to end: builds that end alike know the same parts, so these make the row.
        self._newest: dict[tuple[str, str], dict[str, Record]] = defaultdict(dict)

    def load(self, days: range, tell: Callable[[str], None]) -> float:
        """Load some days; gives the seconds that it took."""
        started = told = time.monotonic()
        for day in days:
            with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
                self._load_day(cursor, day)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                tell(f"day {day + 1} of {days.stop}, {told - started:.0f} s")
        return time.monotonic() - started

    def finish(self) -> None:
        """Write flags and latest rows, sum the days, and let Postgres look at its tables."""
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            flags = (("project_id", "text"), ("flag", "text"))
            copy_rows(cursor, "headcount_store.project_flags", flags, self.world.flagged)
            copy_rows(cursor, "headcount_store.latest_builds", LATEST_COLUMNS, self._latest())
        sum_days(self._connection)
        self._connection.autocommit = True
        self._connection.execute("VACUUM ANALYZE")
        self._connection.close()

    def _load_day(self, cursor: Cursor[Any], day: int) -> None:
        cursor.execute("SELECT headcount_store.ensure_builds_month(%s)", (self.world.begins(day).date(),))
        hours: dict[int, int] = defaultdict(int)
        weeks, health = Weeks(), Health()
        copy_rows(cursor, "headcount_store.builds", BUILD_COLUMNS, self._rows(day, hours, weeks, health))
        self._write_new_contents(cursor)
        weeks.write(cursor)
        write_health(cursor, health)
        self._write_ledger(cursor, hours)

    def _rows(self, day: int, hours: dict[int, int], weeks: Weeks, health: Health) -> Iterator[tuple[Any, ...]]:
        for how, event in self.world.builds(day):
            packed = pack(row_of(event), self._hashes_of(event))
            received_at = event["build"]["started_at"]  # so that a day's ledger is its own
            hours[received_at // 3_600_000_000] += 1
            weeks.add(packed)
            health.add(event, received_at)
            self._newest[event["project"]["id"], event["version"]["id"]][how] = packed
            yield build_row(event, packed, received_at)

    def _hashes_of(self, event: Record) -> dict[str, bytes | None]:
        # Events of one kind share their parts, which live as long as the world does.
        key = id(event["collectors"])
        if key not in self._hashes:
            user, final = event["config"]["user"], event["config"]["final"]
            self._hashes[key] = {
                "config_user": None if user is None else self._contents.take_config(user),
                "config_final": None if final is None else self._contents.take_config(final),
                **{part: self._contents.take_list(part, _packages(event, part)) for part in LIST_PARTS},
            }
        return self._hashes[key]

    def _write_new_contents(self, cursor: Cursor[Any]) -> None:
        lists = [found for key, found in self._contents.lists.items() if key not in self._written]
        cursor.execute(
            statement("new_lists"),
            (
                [found.hash for found in lists],
                [found.ecosystem for found in lists],
                [len(found.rows) for found in lists],
            ),
        )
        ids = {bytes(hash_): list_id for hash_, list_id, is_new in cursor.fetchall() if is_new}
        items = (
            (ids[found.hash], ordinal, *item)
            for found in lists
            if found.hash in ids
            for ordinal, item in enumerate(found.items())
        )
        columns = (("list_id", "int8"), ("ordinal", "int4"), *ITEM_COLUMNS)
        copy_rows(cursor, "headcount_store.package_list_items", columns, items)
        configs = [found for key, found in self._contents.configs.items() if key not in self._written]
        cursor.execute(statement("new_configs"), ([found.hash for found in configs], [found.text for found in configs]))
        self._written.update(self._contents.lists, self._contents.configs)

    def _write_ledger(self, cursor: Cursor[Any], hours: dict[int, int]) -> None:
        whole = ("handed_over", "received", "accepted", "added")
        for hour, events in sorted(hours.items()):
            counts = {column: events if column in whole else 0 for column in LEDGER_COLUMNS}
            names = ", ".join(counts)
            cursor.execute(
                f"INSERT INTO headcount_store.ledger_rows (hour, topic, producer, {names})"
                f" VALUES (%s, %s, %s, {', '.join(['%s'] * len(counts))})".encode(),
                (instant(hour * 3_600_000_000), RAW_BUILDS.name, PRODUCER, *counts.values()),
            )

    def _latest(self) -> Iterator[tuple[Any, ...]]:
        for _, ways in sorted(self._newest.items()):
            for successful in (False, True):
                joined: Record | None = None
                for packed in ways.values():
                    if packed["build"][5] or not successful:
                        joined = join(joined, packed)
                if joined is not None:
                    yield latest_row(successful, joined)


def _packages(event: Record, part: str) -> list[Record]:
    ecosystem, scope = part.split("_")
    packages: list[Record] = event["packages"][ecosystem][scope]
    return packages
