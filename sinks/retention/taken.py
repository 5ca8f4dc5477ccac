"""Facts that are removed stand in the ledger, in a row of who removed them; so it still says what the tables hold."""

from typing import Any, Final, Literal

from headcount.postgres import Connection, sql, template
from schemas.topics import RAW_BUILDS
from sinks.statements import statement

REMOVERS: Final = {"expired": "(retention)", "taken_back": "(delete)"}
"""Column of the ledger → what stands for the producer."""


def add_taken(connection: Connection[Any], column: Literal["expired", "taken_back"], rows: int) -> None:
    """Add rows of `builds` that the caller's transaction removes, to the row of this hour."""
    if rows:
        query = template(statement("add_taken")).format(column=sql.Identifier(column))
        connection.execute(query, ("%" + RAW_BUILDS.name, RAW_BUILDS.name, REMOVERS[column], rows))
