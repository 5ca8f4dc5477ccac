"""`headcount query` and `headcount ledger`: what people ask the database."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from headcount import settings
from headcount.postgres import connect
from sinks import output
from sinks.account import LedgerKey
from sinks.checks import run_checks
from sinks.dsn import Role, dsn_of
from sinks.query import Answer, ask, known_queries

STOPPED: Final = "(stopped)"
"""Stands for the producer in the row of a stopped partition."""

_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def _pairs(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.BadParameter("write it as NAME=VALUE", ctx=context, param=parameter)
    return {name: value for name, _, value in pairs}


def _form(*, as_json: bool, as_csv: bool = False) -> output.Form:
    if as_json and as_csv:
        raise click.UsageError("give --json or --csv, not both")
    return output.Form.JSON if as_json else output.Form.CSV if as_csv else output.Form.TABLE


def _print(form: output.Form, answer: Answer) -> None:
    for line in output.lines(form, answer.columns, answer.rows):
        click.echo(line)


@click.command()
@click.argument("name", required=False)
@click.option("--arg", "arguments", multiple=True, callback=_pairs, metavar="K=V", help="An argument of a function.")
@_json_option
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a header.")
def query(name: str | None, arguments: dict[str, str], as_json: bool, as_csv: bool) -> None:
    """Print the rows of a view, or of a function with its arguments; without NAME, which there are.

    Example: headcount query package_projects --arg window='30 days' --arg as_of=2026-03-01 --json
    """
    form = _form(as_json=as_json, as_csv=as_csv)
    with connect(dsn_of(settings.load(os.environ), Role.READER), application="headcount query") as connection:
        if name is None:
            known = known_queries(connection)
            answer = Answer(("name", "question"), [(each, query.question) for each, query in known.items()])
        else:
            answer = ask(connection, name, arguments)
    _print(form, answer)


@click.group(invoke_without_command=True)
@_json_option
@click.pass_context
def ledger(context: click.Context, as_json: bool) -> None:
    """Print what became of every event, by hour, topic and producer; and what waits for you.

    Example: headcount ledger --json
    """
    if context.invoked_subcommand is not None:
        return
    loaded = settings.load(os.environ)
    with connect(dsn_of(loaded, Role.READER), application="headcount ledger") as connection:
        answer = ask(connection, "ledger", {})
        stops = ask(connection, "stopped_partitions", {})
    rows = sorted(answer.rows, key=lambda row: LedgerKey(*row[:3]))
    waiting = [dict(zip(stops.columns, stop, strict=True)) for stop in stops.rows]
    if as_json:
        # A row of zeros a stopped partition, so that who reads only rows meets it too.
        rows = [(*row, None) for row in rows] + [_row_of_stop(stop, len(answer.columns)) for stop in waiting]
        _print(output.Form.JSON, Answer((*answer.columns, "stopped"), rows))
    else:
        _print(output.Form.TABLE, Answer(answer.columns, rows))
    for stop in waiting:
        click.echo(f"stopped: {_words(stop)}", err=as_json)


def _words(stop: Mapping[str, Any]) -> str:
    return f"{stop['topic']} partition {stop['partition']}: {stop['what']}\n  what to do: {stop['way_on']}"


def _row_of_stop(stop: Mapping[str, Any], columns: int) -> tuple[Any, ...]:
    hour = stop["stopped_at"].replace(minute=0, second=0, microsecond=0)
    return (hour, stop["topic"], STOPPED, *[0] * (columns - 3), stop)


@ledger.command()
@_json_option
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Compare the ledger's totals with what the tables hold; exit 1 where they differ.

    Example: headcount ledger check
    """
    with connect(dsn_of(settings.load(os.environ), Role.SINK), application="headcount ledger") as connection:
        checks = run_checks(connection)
    rows: list[tuple[Any, ...]] = [(found.name, found.expected, found.found, found.difference) for found in checks]
    _print(_form(as_json=as_json), Answer(("check", "expected", "found", "difference"), rows))
    context.exit(1 if any(found.difference for found in checks) else 0)
