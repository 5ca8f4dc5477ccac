"""Writes the facts of build events: lists and configs once per content, slim builds, latest rows; says who added a row.

Everything here is additive and done on the caller's transaction, so that any subset of a batch can be placed, and a rollback
takes all of it back.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, Final

from headcount.postgres import Cursor, UnstorableError, copy_rows, sql, template
from schemas.builds.latest import Record, join
from sinks.batch import BUILD_FINISHED, Event
from sinks.builds.content import ITEM_COLUMNS
from sinks.builds.rows import (
    BUILD_COLUMNS,
    BUILD_KEY,
    LATEST_COLUMNS,
    LATEST_KEY,
    Contents,
    build_row,
    latest_row,
    packed_from_columns,
    packed_row,
)
from sinks.builds.shape import Columns
from sinks.statements import statement
from sinks.times import instant, microseconds

OLDEST_YEARS: Final = 10
"""A build that started longer before its receipt is no build: without a bound, anyone could make us thousands of months."""

Version = tuple[str, str]
Latest = dict[tuple[bool, *Version], Record]


def place(cursor: Cursor[Any], events: Sequence[Event], months: set[date]) -> set[int]:
    """Write the facts of some events and give the indexes of those that added a row of `builds`.

    `months` are those whose partition is known to be there; new ones are added to it.
    Raises UnstorableError where one of the events can never be written.
    """
    contents = Contents()
    builds = _Builds()
    latest: Latest = {}
    for index, event in enumerate(events):
        # Retirements (L7) have no fact of their own; they will take latest rows away here.
        if event.body["kind"] == BUILD_FINISHED:
            packed = _packed(event, contents)
            builds.add(index, event, packed)
            _join_into(latest, packed)
    if not builds.rows:
        return set()
    _make_months(cursor, builds.months(), months)
    _write_lists(cursor, contents)
    _write_configs(cursor, contents)
    added = builds.write(cursor)
    _write_latest(cursor, latest)
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
        cursor.execute(_upserts()["insert_builds"])
        added = {self._credit[(*key, microseconds(started_at))] for *key, started_at in cursor.fetchall()}
        if len(added) < len(self.rows):
            # What was brought is small and what it meets is large: a hash join would read all of it.
            cursor.execute("SET LOCAL enable_hashjoin = off")
            cursor.execute("SET LOCAL enable_mergejoin = off")
            cursor.execute(_upserts()["replace_builds"])
            cursor.execute("RESET enable_hashjoin")
            cursor.execute("RESET enable_mergejoin")
        return added


def _join_into(latest: Latest, packed: Record) -> None:
    project_id, version_id = packed["project"][0], packed["version"][0]
    if version_id is None:
        return  # in the series only (L9)
    success = packed["build"][5]
    for successful in (False, True) if success else (False,):
        key = (successful, project_id, version_id)
        joined = join(latest.get(key), packed)
        assert joined is not None
        latest[key] = joined


def _make_months(cursor: Cursor[Any], wanted: set[date], known: set[date]) -> None:
    for month in sorted(wanted - known):
        cursor.execute("SELECT headcount_store.ensure_builds_month(%s)", (month,))
        known.add(month)


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


def _write_latest(cursor: Cursor[Any], latest: Latest) -> None:
    if not latest:
        return
    versions = sorted({key[1:] for key in latest})
    cursor.execute(
        _upserts()["read_latest"], ([project for project, _ in versions], [version for _, version in versions])
    )
    current: dict[tuple[bool, str, str], tuple[Any, ...]] = {}
    for row in cursor.fetchall():
        packed = packed_from_columns(row)
        current[row[0], packed["project"][0], packed["version"][0]] = packed, row
    changed = []
    for key, packed in latest.items():
        before, row = current.get(key, (None, None))
        joined = join(before, packed)
        assert joined is not None
        columns = latest_row(key[0], joined)
        if columns != row:
            changed.append(columns)
    copy_rows(cursor, "new_latest", LATEST_COLUMNS, changed)
    cursor.execute(_upserts()["write_latest"])


@cache
def _upserts() -> dict[str, sql.Composed]:
    """Fill the statements' column lists, which stand once, in `shape`."""
    return {
        "insert_builds": _filled("insert_builds", BUILD_COLUMNS, BUILD_KEY, "new_builds"),
        "replace_builds": _filled("replace_builds", BUILD_COLUMNS, BUILD_KEY, "new_builds"),
        "read_latest": _filled("read_latest", LATEST_COLUMNS, LATEST_KEY, "excluded"),
        "write_latest": _filled("write_latest", LATEST_COLUMNS, LATEST_KEY, "excluded"),
    }


def _filled(name: str, columns: Columns, key: tuple[str, ...], source: str) -> sql.Composed:
    def assignment(column: str) -> sql.Composed:
        return sql.SQL("{} = {}").format(sql.Identifier(column), sql.Identifier(source, column))

    same = (sql.SQL("kept.{0} = {1}.{0}").format(sql.Identifier(column), sql.Identifier(source)) for column in key)
    return template(statement(name)).format(
        columns=sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns),
        key=sql.SQL(", ").join(sql.Identifier(column) for column in key),
        assignments=sql.SQL(", ").join(assignment(column) for column, _ in columns if column not in key),
        same_key=sql.SQL(" AND ").join(same),
    )
