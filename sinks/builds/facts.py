"""Writes the facts of build events: lists and configs once per content, slim builds, latest rows; says who added a row.

Everything here is additive and done on the caller's transaction, so that any subset of a batch can be placed, and a rollback
takes all of it back.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from headcount.postgres import Cursor, UnstorableError, copy_rows, sql, template
from schemas.builds.latest import Record
from sinks.batch import BUILD_FINISHED, Event
from sinks.builds.content import ITEM_COLUMNS
from sinks.builds.latest_rows import Latest, join_into, write_latest
from sinks.builds.marks import keep_marks
from sinks.builds.rows import BUILD_COLUMNS, Contents, build_row, packed_row
from sinks.builds.upserts import upserts
from sinks.builds.weeks import Weeks
from sinks.statements import statement
from sinks.times import instant, microseconds

OLDEST_YEARS: Final = 10
"""A build that started longer before its receipt is no build: without a bound, anyone could make us thousands of months."""


def place(cursor: Cursor[Any], events: Sequence[Event]) -> set[int]:
    """Write the facts of some events and give the indexes of those that added a row of `builds`.

    Raises UnstorableError where one of the events can never be written.
    """
    contents = Contents()
    builds = _Builds()
    weeks = Weeks()
    latest: Latest = {}
    for index, event in enumerate(events):
        if event.body["kind"] == BUILD_FINISHED:
            packed = _packed(event, contents)
            builds.add(index, event, packed)
            weeks.add(packed)
            join_into(latest, packed)
    # Retirements (L7) have no row of `builds`: what they do is done to latest rows.
    retired = keep_marks(cursor, events)
    added: set[int] = set()
    if builds.rows:
        _make_months(cursor, builds.months())
        _write_lists(cursor, contents)
        _write_configs(cursor, contents)
        added = builds.write(cursor)
        weeks.write(cursor)
    if latest or retired:
        write_latest(cursor, latest, retired)
    return added


def _packed(event: Event, contents: Contents) -> Record:
    try:
        packed = packed_row(event.body, contents)
    except (ValueError, OverflowError, RecursionError) as error:  # the last: JSON that is nested too deeply
        raise UnstorableError(f"{type(error).__name__} in config or started_at") from error
    if packed["build"][2].year < instant(event.received_at).year - OLDEST_YEARS:
        raise UnstorableError(f"started over {OLDEST_YEARS} years before its receipt")
    return packed


class _Builds:
    """Rows of `builds` by key: of two events of one attempt the winner's, the credit going to whichever came first."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._tie: dict[tuple[Any, ...], tuple[int, str]] = {}
        self._credit: dict[tuple[Any, ...], int] = {}

    def add(self, index: int, event: Event, packed: Record) -> None:
        build = event.body["build"]
        key = (event.body["project"]["id"], build["id"], build["attempt"], build["started_at"])
        tie = (packed["order"]["knowledge"], packed["order"]["event_id"])
        self._credit.setdefault(key, index)
        if key not in self._tie or tie > self._tie[key]:
            self._tie[key] = tie
            self.rows[key] = build_row(event.body, packed, event.received_at)

    def months(self) -> set[date]:
        return {instant(key[3]).date().replace(day=1) for key in self.rows}

    def write(self, cursor: Cursor[Any]) -> set[int]:
        copy_rows(cursor, "new_builds", BUILD_COLUMNS, self.rows.values())
        cursor.execute(upserts()["insert_builds"])
        added = {self._credit[(*key, microseconds(started_at))] for *key, started_at in cursor.fetchall()}
        if len(added) < len(self.rows):
            # What was brought is small and what it meets is large: a hash join would read all of it.
            cursor.execute("SET LOCAL enable_hashjoin = off")
            cursor.execute("SET LOCAL enable_mergejoin = off")
            cursor.execute(upserts()["replace_builds"])
            cursor.execute("RESET enable_hashjoin")
            cursor.execute("RESET enable_mergejoin")
        return added


def _make_months(cursor: Cursor[Any], months: set[date]) -> None:
    # Never remembered: the daily job drops months. From here to our commit it does not, as it would need this lock alone.
    cursor.execute("LOCK TABLE headcount_store.builds IN ROW EXCLUSIVE MODE")
    cursor.execute(
        "SELECT headcount_store.ensure_builds_month(month) FROM unnest(%s::date[]) AS month", (sorted(months),)
    )


def _write_lists(cursor: Cursor[Any], contents: Contents) -> None:
    new = _not_seen_today(cursor, "package_lists", contents.lists)
    if not new:
        return
    lists = [contents.lists[hash_] for hash_ in new]
    cursor.execute(
        statement("new_lists"),
        ([entry.hash for entry in lists], [entry.ecosystem for entry in lists], [len(entry.rows) for entry in lists]),
    )
    ids = [(bytes(hash_), list_id) for hash_, list_id, is_new in cursor.fetchall() if is_new]
    items = (
        (list_id, ordinal, *item)
        for hash_, list_id in ids
        for ordinal, item in enumerate(contents.lists[hash_].items())
    )
    copy_rows(
        cursor, "headcount_store.package_list_items", (("list_id", "int8"), ("ordinal", "int4"), *ITEM_COLUMNS), items
    )


def _write_configs(cursor: Cursor[Any], contents: Contents) -> None:
    new = _not_seen_today(cursor, "build_configs", contents.configs)
    if new:
        configs = [contents.configs[hash_] for hash_ in new]
        cursor.execute(statement("new_configs"), ([entry.hash for entry in configs], [entry.text for entry in configs]))


def _not_seen_today(cursor: Cursor[Any], table: str, contents: dict[bytes, Any]) -> list[bytes]:
    if not contents:
        return []
    query = template(statement("seen_today")).format(table=sql.Identifier("headcount_store", table))
    cursor.execute(query, (list(contents),))
    seen = {bytes(hash_) for (hash_,) in cursor.fetchall()}
    return sorted(contents.keys() - seen)
