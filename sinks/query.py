"""Runs a view, or a function with its arguments, as the reader role may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headcount.errors import HeadcountError
from headcount.postgres import Connection, errors, sql
from sinks.statements import statement


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows and the names of their columns."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Known:
    """A name that can be asked for: as a view, as a function (its arguments and their types), or both."""

    is_view: bool
    arguments: Mapping[str, str] | None
    question: str


def known_queries(connection: Connection[Any]) -> dict[str, Known]:
    """Read what there is to ask for, with the question that each answers."""
    rows = connection.execute(statement("known_queries")).fetchall()
    if not rows:
        raise HeadcountError(
            "this database has no views of headcount", where="schema headcount", do="run `headcount migrate`"
        )
    return {
        name: Known(is_view, None if names is None else dict(zip(names, types, strict=True)), question or "")
        for name, is_view, names, types, question in rows
    }


def ask(connection: Connection[Any], name: str, arguments: Mapping[str, str]) -> Answer:
    """Give the rows of a view (no arguments) or of a function. Values are given as text, as Postgres reads them.

    Raises HeadcountError for a name, an argument or a value that does not fit, naming those that do.
    """
    known = known_queries(connection)
    if name not in known:
        raise HeadcountError(
            f"there is no view {name!r}", where="headcount query", do=f"name one of: {', '.join(sorted(known))}"
        )
    try:
        cursor = connection.execute(*_query(name, known[name], arguments))
        return Answer(tuple(column.name for column in cursor.description or ()), cursor.fetchall())
    except errors.QueryCanceled as error:
        raise HeadcountError(
            "the answer took longer than the reader role may", where=name, do="ask for a shorter window"
        ) from error
    except errors.UndefinedFunction as error:
        there = ", ".join(f"{argument} ({kind})" for argument, kind in (known[name].arguments or {}).items())
        raise HeadcountError(
            "arguments are missing", where=f"headcount query {name}", do=f"give --arg NAME=VALUE; there are: {there}"
        ) from error
    except errors.Error as error:
        said = str(error).splitlines()[0]
        raise HeadcountError(
            f"Postgres refuses: {said}", where=f"headcount query {name}", do="mend the arguments"
        ) from error


def _query(name: str, known: Known, arguments: Mapping[str, str]) -> tuple[sql.Composed, list[str]]:
    if known.is_view and not arguments:
        return sql.SQL("SELECT * FROM {}").format(sql.Identifier("headcount", name)), []
    types = known.arguments
    if types is None:
        raise HeadcountError("this view takes no arguments", where=name, do="leave --arg away")
    for argument in arguments:
        if argument not in types:
            raise HeadcountError(
                f"there is no argument {argument!r}", where=name, do=f"there are: {', '.join(types) or 'none'}"
            )
    given = (
        sql.SQL("{} => %s::" + types[argument]).format(sql.Identifier(argument))  # the type is the catalogue's own word
        for argument in arguments
    )
    call = sql.SQL("SELECT * FROM {}({})").format(sql.Identifier("headcount", name), sql.SQL(", ").join(given))
    return call, list(arguments.values())
