"""The ledger's detail goes, its sums stay: rows past are added up by month and topic, so every identity holds as before.

Poison rows, accepted losses and the shares of completeness just go; open stops wait for a person, however long.
"""

from datetime import datetime
from functools import cache
from typing import Any, Final

from headcount.postgres import Connection, sql, template, translated
from sinks.account import LEDGER_COLUMNS
from sinks.statements import statement

PAST: Final = "(past)"
"""Stands for all producers of a month that is past."""

AT_ONCE: Final = 10_000
_SUMS: Final = (*LEDGER_COLUMNS, "taken_back", "expired")
AGES: Final = {
    "poison_rows": "kept_at",
    "accepted_holes": "accepted_at",
    "collector_health_daily": "day",
    "completeness_daily": "day",
}
"""Tables whose rows just go, with the column of their time."""


def fold_ledger(connection: Connection[Any], before: datetime) -> int:
    """Add up the ledger's rows of hours before a time; gives how many rows became part of a sum."""
    return _fold(connection, _fold_ledger_query(), before)


def fold_refusals(connection: Connection[Any], before: datetime) -> int:
    """Add up refusals in the same way; their reasons stay."""
    return _fold(connection, template(statement("fold_refusals")), before)


def _fold(connection: Connection[Any], query: sql.SQL | sql.Composed, before: datetime) -> int:
    folded = 0
    while True:
        with translated(), connection.transaction():
            row = connection.execute(query, (before, PAST, AT_ONCE, PAST)).fetchone()
        if not row or not row[0]:
            return folded
        folded += row[0]


def expire_table(connection: Connection[Any], table: str, before: datetime) -> int:
    """Remove the rows of one of AGES from before a time; gives how many went."""
    query = sql.SQL("DELETE FROM {} WHERE {} < %s").format(
        sql.Identifier("headcount_store", table), sql.Identifier(AGES[table])
    )
    with translated(), connection.transaction():
        return connection.execute(query, (before,)).rowcount


@cache
def _fold_ledger_query() -> sql.Composed:
    names = [sql.Identifier(column) for column in _SUMS]
    return template(statement("fold_ledger")).format(
        columns=sql.SQL(", ").join(names),
        totals=sql.SQL(", ").join(sql.SQL("sum({})").format(name) for name in names),
        sums=sql.SQL(", ").join(sql.SQL("{0} = kept.{0} + excluded.{0}").format(name) for name in names),
    )
