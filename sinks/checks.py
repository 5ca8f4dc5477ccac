"""Compares the ledger's totals with what the tables hold: each difference is 0, or something is wrong."""

from dataclasses import dataclass
from typing import Any

from headcount.postgres import Connection, translated
from sinks.statements import statement


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison."""

    name: str
    expected: int
    found: int

    @property
    def difference(self) -> int:
        """By how much they differ."""
        return self.found - self.expected


def run_checks(connection: Connection[Any]) -> list[Check]:
    """Run all comparisons on one snapshot."""
    with translated(), connection.transaction():
        connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        rows = connection.execute(statement("checks")).fetchall()
    return [Check(name, int(expected), int(found)) for name, expected, found in rows]
