"""Latest rows of a batch: joined in memory, joined with what Postgres holds, pruned by the marks of retirement, written."""

from collections.abc import Collection
from typing import Any

from headcount.postgres import Cursor, copy_rows
from schemas.builds.latest import Record, join
from schemas.builds.retirement import prune
from sinks.builds.marks import Key, Scope, marks_of
from sinks.builds.rows import LATEST_COLUMNS, latest_row, packed_from_columns
from sinks.builds.upserts import upserts
from sinks.statements import statement

Latest = dict[Key, Record]


def join_into(latest: Latest, packed: Record) -> None:
    """Join one build, as a packed row, into both rows of its version."""
    project_id, version_id = packed["project"][0], packed["version"][0]
    if version_id is None:
        return  # in the series only (L9)
    success = packed["build"][5]
    for successful in (False, True) if success else (False,):
        key = (successful, project_id, version_id)
        joined = join(latest.get(key), packed)
        assert joined is not None
        latest[key] = joined


def write_latest(cursor: Cursor[Any], latest: Latest, retired: Collection[Scope]) -> None:
    """Bring rows to the database, and prune those that newly `retired` versions and projects have there."""
    current = _read(cursor, latest, retired)
    keys = latest.keys() | current.keys()
    if not keys:
        return
    marks = marks_of(cursor, keys)
    changed, gone = [], []
    for key in keys:
        before, columns = current.get(key, (None, None))
        row = prune(join(before, latest.get(key)), marks.get(key))
        if row is None:
            gone += [key] if before is not None else []
        elif (new_columns := latest_row(key[0], row)) != columns:
            changed.append(new_columns)
    if changed:
        copy_rows(cursor, "new_latest", LATEST_COLUMNS, changed)
        cursor.execute(upserts()["write_latest"])
    if gone:
        cursor.execute(statement("delete_latest"), tuple(list(column) for column in zip(*sorted(gone), strict=True)))


def _read(cursor: Cursor[Any], latest: Latest, retired: Collection[Scope]) -> dict[Key, tuple[Record, tuple[Any, ...]]]:
    """Read and lock the rows concerned, packed and as their columns."""
    wanted = {key[1:] for key in latest} | {(project, version) for project, version in retired if version is not None}
    versions = sorted(wanted)
    cursor.execute(
        upserts()["read_latest"], ([project for project, _ in versions], [version for _, version in versions])
    )
    rows = cursor.fetchall()
    projects = sorted({project for project, version in retired if version is None})
    if projects:
        cursor.execute(upserts()["read_latest_of_projects"], (projects,))
        rows += cursor.fetchall()
    current = {}
    for row in rows:
        packed = packed_from_columns(row)
        current[row[0], packed["project"][0], packed["version"][0]] = packed, row
    return current
