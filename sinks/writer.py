"""Applies a batch in one transaction: positions first, locked and checked, then facts, poison rows and the ledger.

Either all of it is there, or nothing: after any crash the positions say exactly what the tables hold.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from headcount.postgres import (
    AgainError,
    Connection,
    Cursor,
    UnstorableError,
    connect,
    copy_rows,
    sql,
    template,
    translated,
)
from sinks.account import LEDGER_COLUMNS, PRODUCERS_WORD, Ledger, LedgerKey
from sinks.batch import Batch, Event
from sinks.builds.facts import place
from sinks.builds.health import write_health
from sinks.builds.marks import lock_latest
from sinks.errors import FencedError, MovedError
from sinks.position import Position
from sinks.statements import statement
from sinks.times import instant

APPLICATION: Final = "headcount sink"
SESSION_OPTIONS: Final = (
    # A lock that another sink holds longer means that it hangs: repeat the transaction.
    "-c lock_timeout=20s"
    # Stopped in the middle of a transaction, we would hold positions and rows.
    " -c idle_in_transaction_session_timeout=30s"
)
_CLAIM_TIMEOUT: Final = b"SET LOCAL lock_timeout = '3s'"
"""A transaction of a living owner takes less; what holds the position longer is a stopped one, and is ended."""

_LEDGER_ROW: Final = (
    ("hour", "timestamptz"),
    ("topic", "text"),
    ("producer", "text"),
    *((column, "numeric" if column in PRODUCERS_WORD else "int8") for column in LEDGER_COLUMNS),
)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a transaction did."""

    added: int
    poison: int


class Writer:
    """One session with Postgres. After LostError it is of no more use: open another."""

    def __init__(self, dsn: str) -> None:
        self.connection: Connection[tuple[Any, ...]] = connect(dsn, application=APPLICATION, options=SESSION_OPTIONS)
        with translated(), self.connection.transaction():
            self.connection.execute(statement("session"))

    def close(self) -> None:
        """End the session."""
        self.connection.close()

    def claim(self, topic: str, partition: int) -> Position:
        """Become the owner of a partition and read its position. Raises AgainError and LostError."""
        try:
            return self._claim(topic, partition)
        except AgainError:
            with translated(), self.connection.transaction():
                self.connection.execute(statement("end_former_owner"), (topic, partition, APPLICATION))
            raise

    def _claim(self, topic: str, partition: int) -> Position:
        with translated(), self.connection.transaction():
            self.connection.execute(_CLAIM_TIMEOUT)
            row = self.connection.execute(statement("claim_position"), (topic, partition)).fetchone()
        assert row is not None
        return position_of(row)

    def apply(self, batch: Batch) -> Applied:
        """Apply a batch, whole or not at all.

        Raises AgainError (repeat it), LostError (reconnect, read the positions), FencedError and MovedError.
        """
        with translated(), self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
            _check_positions(cursor, batch)
            lock_latest(cursor, batch.events)
            added, poison = _place_bisecting(cursor, batch.events)
            _keep_poison(cursor, batch.topic, poison)
            _add_ledger(cursor, batch.ledger.add_facts(_ledger_keys(batch.events), _ledger_keys(added)))
            # Last, as every sink adds to the same rows of the day.
            write_health(cursor, batch.health)
            _move_positions(cursor, batch)
        return Applied(len(added), len(poison))


def _check_positions(cursor: Cursor[Any], batch: Batch) -> None:
    cursor.execute(statement("lock_positions"), (batch.topic, sorted(batch.after)))
    found = {row[0]: position_of(row) for row in cursor.fetchall()}
    fenced = {part for part in batch.after if part not in found or found[part].epoch != batch.before[part].epoch}
    if fenced:
        raise FencedError(frozenset(fenced))
    if any(found[part] != batch.before[part] for part in batch.after):
        raise MovedError


def position_of(row: Sequence[Any]) -> Position:
    """Make a position of a row of `lock_positions` or `claim_position`."""
    partition, raw, clean, cluster_id, topic_id, former, epoch = row
    return Position(partition, raw, clean, cluster_id, topic_id, tuple(former), epoch)


def _place_bisecting(cursor: Cursor[Any], events: Sequence[Event]) -> tuple[list[Event], list[tuple[Event, str]]]:
    """Place events; where that cannot be, halve them until the poison rows are alone."""
    if not events:
        return [], []
    try:
        with translated(), cursor.connection.transaction():  # a savepoint
            added = place(cursor, events)
    except UnstorableError as error:
        if len(events) == 1:
            return [], [(events[0], str(error))]
    else:
        return [events[index] for index in sorted(added)], []
    middle = len(events) // 2
    added_events: list[Event] = []
    poison: list[tuple[Event, str]] = []
    for half in (events[:middle], events[middle:]):
        more_added, more_poison = _place_bisecting(cursor, half)
        added_events += more_added
        poison += more_poison
        cursor.execute("TRUNCATE new_builds, new_weeks, new_latest")
    return added_events, poison


def _ledger_keys(events: Sequence[Event]) -> Iterator[LedgerKey]:
    return (event.origin.ledger for event in events)


def _keep_poison(cursor: Cursor[Any], topic: str, poison: Sequence[tuple[Event, str]]) -> None:
    for event, reason in poison:
        origin = event.origin
        cursor.execute(
            "INSERT INTO headcount_store.poison_rows"
            " (topic, partition, raw_offset, event_index, cluster_id, topic_id, reason, event)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                topic,
                origin.partition,
                origin.raw_offset,
                origin.index,
                origin.cluster_id,
                origin.topic_id,
                reason,
                json.dumps(event.body),
            ),
        )


def _add_ledger(cursor: Cursor[Any], ledger: Ledger) -> None:
    rows = ((instant(key.hour), key.topic, key.producer, *amounts) for key, amounts in ledger.rows())
    copy_rows(cursor, "new_ledger", _LEDGER_ROW, rows)
    cursor.execute(_add_ledger_query())
    if ledger.refused:
        cells = sorted(
            (instant(key.hour), key.topic, key.producer, reason, n) for (key, reason), n in ledger.refused.items()
        )
        cursor.execute(statement("add_refusals"), tuple(list(column) for column in zip(*cells, strict=True)))


@cache
def _add_ledger_query() -> sql.Composed:
    names = [sql.Identifier(column) for column in LEDGER_COLUMNS]
    return template(statement("add_ledger")).format(
        columns=sql.SQL(", ").join(names),
        sums=sql.SQL(", ").join(sql.SQL("{0} = kept.{0} + excluded.{0}").format(name) for name in names),
    )


def _move_positions(cursor: Cursor[Any], batch: Batch) -> None:
    for partition, position in sorted(batch.after.items()):
        cursor.execute(
            statement("move_position"),
            (
                position.next_raw_offset,
                position.next_clean_offset,
                position.cluster_id,
                position.topic_id,
                batch.topic,
                partition,
            ),
        )
