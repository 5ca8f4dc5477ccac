"""Reads what the pipeline made and holds it to the oracle; the first row that differs is named."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from headcount.postgres import connect
from headcount.settings import KafkaSettings
from schemas.codec import decode
from schemas.topics import DEAD_BUILDS, LATEST_BUILDS
from tests.faults import oracle
from tests.faults.load import Sent
from tests.kafka_topics import messages, records
from tests.stack import Database

Record = dict[str, Any]
Rows = list[tuple[Any, ...]]


def differences(settings: KafkaSettings, database: Database, events: list[Record], sent: Sent) -> Iterator[str]:
    """Give each table's first difference in words; nothing where all is right."""
    yield from _table("builds", oracle.builds(events), _rows(database.owner, _BUILDS), key=4)
    for name, successful in (("latest_builds", False), ("latest_successful_builds", True)):
        truth = oracle.latest(events, successful=successful)
        yield from _table(name, truth, _latest(database.owner, successful), key=2)
        yield from _table(f"topic {name}", truth, _latest_topic(settings, successful), key=2)
    letters = {letter["position"]: letter["events"] for _, letter in records(settings, DEAD_BUILDS)}
    yield from _table("dead letters", {(k,): (v,) for k, v in sent.corrupt.items()}, [*letters.items()], key=1)
    yield from _ledger(_rows(database.reader, "SELECT * FROM headcount.ledger", as_dict=True), events, sent)


def _ledger(rows: list[Any], events: list[Record], sent: Sent) -> Iterator[str]:
    for row in rows:
        if row["handed_over"] != row["received"] + row["dropped"] + row["missing"]:
            yield f"ledger: handed over does not balance: {row}"
        if row["received"] != row["accepted"] + row["duplicate"] + row["refused"]:
            yield f"ledger: received does not balance: {row}"
        if row["accepted"] != row["added"] + row["kept_without_fact"] or row["difference"] != 0:
            yield f"ledger: accepted does not balance: {row}"
        if row["missing"] != 0:
            yield f"ledger: events are missing: {row}"
    total = {name: sum(row[name] for row in rows) for name in ("accepted", "duplicate", "refused", "dropped")}
    if total["accepted"] != oracle.accepted(events):
        yield f"ledger: {total['accepted']} accepted, {oracle.accepted(events)} true"
    if total["refused"] != sum(sent.corrupt.values()):
        yield f"ledger: {total['refused']} refused, {sum(sent.corrupt.values())} true"
    if total["duplicate"] < sent.resent:
        yield f"ledger: {total['duplicate']} duplicates, at least {sent.resent} true"
    if total["dropped"]:
        yield f"ledger: {total['dropped']} dropped, none true"


def _table(name: str, truth: oracle.Table, rows: Rows, *, key: int) -> Iterator[str]:
    found: oracle.Table = {}
    for row in rows:
        if row[:key] in found:
            yield f"{name}: twice: {row}"
            return
        found[row[:key]] = row[key:]
    for where in sorted(truth.keys() | found.keys(), key=str):
        if truth.get(where) != found.get(where):
            lost, extra = len(truth.keys() - found.keys()), len(found.keys() - truth.keys())
            yield f"{name}: {where}: true {truth.get(where)}, found {found.get(where)} ({lost} lost, {extra} too many)"
            return


def _rows(dsn: str, query: str, *, as_dict: bool = False) -> Any:
    with connect(dsn, application="tests") as connection:
        cursor = connection.execute(query.encode())
        rows = cursor.fetchall()
        if not as_dict:
            return rows
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows]


_BUILDS = """
    SELECT project_id, build_id, attempt, started_at, version_id, success, length_seconds, commit
    FROM headcount_store.builds
"""

_LATEST = """
    SELECT project_id, version_id, build_id, attempt, started_at, success,
        python_known_build_id, python_version, pip_all_known_build_id,
        coalesce((
            SELECT json_agg(json_build_array(items.name, items.version) ORDER BY items.name, items.version)
            FROM headcount_store.package_lists AS kept
            JOIN headcount_store.package_list_items AS items USING (list_id)
            WHERE kept.hash = latest.pip_all_hash
        )::text, '[]')
    FROM headcount_store.latest_builds AS latest
    WHERE successful = {}
"""


def _latest(dsn: str, successful: bool) -> Rows:
    rows = _rows(dsn, _LATEST.format(successful))
    return [(*row[:-1], tuple(sorted(tuple(pair) for pair in json.loads(row[-1])))) for row in rows]


def _latest_topic(settings: KafkaSettings, successful: bool) -> Rows:
    newest = {message.key(): message.value() for message in messages(settings, LATEST_BUILDS)}
    rows = [decode(LATEST_BUILDS, value) for value in newest.values() if value is not None]
    found = [row["successful" if successful else "latest"] for row in rows]
    return [_latest_row(row) for row in found if row is not None]


def _latest_row(row: Record) -> tuple[Any, ...]:
    python, pip = row["parts"]["python"], row["parts"]["pip_all"]
    return (
        row["project"]["id"],
        row["version"]["id"],
        row["order"]["build_id"],
        row["order"]["attempt"],
        datetime.fromtimestamp(row["order"]["started_at"] / 1_000_000, UTC),
        row["build"]["success"],
        python["known"]["build_id"] if python else None,
        python["value"]["version"] if python else None,
        pip["known"]["build_id"] if pip else None,
        tuple(sorted((one["name"], one["version"]) for one in pip["value"])) if pip else (),
    )
