"""The `headcount` command line. Each command lives with what it drives and is imported only when it is called."""

import sys
from collections.abc import Sequence
from typing import Final

import click

from headcount import __version__
from headcount.errors import HeadcountError
from headcount.lazy import Lazy, LazyGroup

COMMANDS: Final = {
    "build": Lazy(
        "producers.builds.command:build",
        "Run COMMAND, which builds documentation, and send what it was built with as one event.",
    ),
    "delete": Lazy(
        "sinks.delete_command:delete",
        "Delete all rows of a project, or of one version of it, from the database.",
        "sink",
    ),
    "demo": Lazy(
        "headcount.demo.command:demo",
        "Build two small projects and install packages through the gateway, for real, and see what headcount says of it.",
        "all",
    ),
    "doctor": Lazy(
        "headcount.up.command:doctor",
        "Look at all that the stack needs, and say what to do about what is wrong.",
        "all",
    ),
    "down": Lazy(
        "headcount.up.command:down",
        "Stop everything that `up` started, and return when nothing is left running.",
        "all",
    ),
    "explain": Lazy("headcount.cli:explain", "Show what headcount makes of one input, without sending anything."),
    "gateway": Lazy(
        "producers.gateway.command:gateway",
        "Stand before a registry: answer or redirect each request, and send an event of it to Kafka afterwards.",
        "gateway",
    ),
    "ledger": Lazy(
        "headcount.ledger_accept:ledger",
        "Print what became of every event, by hour, topic and producer; and what waits for you.",
        "sink",
    ),
    "migrate": Lazy("sinks.command:migrate", "Make or update the database's roles, tables and views.", "sink"),
    "query": Lazy(
        "sinks.query_command:query",
        "Print the rows of a view, or of a function with its arguments; without NAME, which there are.",
        "sink",
    ),
    "replay": Lazy(
        "streams.command:replay",
        "Put refused events back once the cause is fixed; each counts once, however often it is put back.",
        "streams",
    ),
    "report": Lazy(
        "headcount.report.command:report",
        "Write what is known as a page that can be sent to somebody, or as CSV or Parquet.",
        "report",
    ),
    "retention": Lazy(
        "sinks.retention.command:retention",
        "Remove now what is older than its time, as the sink does it once a day; may run again and beside sinks.",
        "sink",
    ),
    "schemas": Lazy("headcount.schemas_command:schemas", "List the schemas of our records by the id on the wire."),
    "ship-nginx": Lazy(
        "producers.ship.command:ship_nginx",
        "Follow an access log of nginx, and send the gateway's events of its lines, each exactly once.",
        "gateway",
    ),
    "sink": Lazy("sinks.command:sink", "Write clean records to Postgres until told to stop (SIGTERM, Ctrl-C).", "sink"),
    "status": Lazy("headcount.up.command:status", "Say what runs and where it listens.", "all"),
    "streams": Lazy("streams.command:streams", "Turn raw records into clean ones; one process a core.", "streams"),
    "topics": Lazy(
        "headcount.topics_command:topics", "List our topics with their settings, and whether the cluster has them so."
    ),
    "up": Lazy("headcount.up.command:up", "Run Kafka, PostgreSQL and headcount's processes on this machine.", "all"),
}
"""Every command. A test holds each summary to the first sentence of the command's own help."""

EXPLAIN: Final = {
    "build-event": Lazy(
        "streams.explain:build_event", "Show field by field what scrubbing leaves of the raw build event in FILE."
    ),
    "collector": Lazy(
        "producers.builds.explain:collector",
        "Show what COLLECTOR (C1 to C9) makes of FILE, which holds its tool's stdout; - is stdin.",
    ),
    "requirements": Lazy(
        "producers.builds.explain:requirements",
        "Show how each line of the requirements FILE is classified; - is stdin.",
    ),
}
"""What can be explained; all of it in a base installation."""


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="headcount")
def cli() -> None:
    """Who builds with, downloads and runs your packages.

    Example: headcount up --detach && headcount status --json
    """


@click.group(cls=LazyGroup, lazy=EXPLAIN)
def explain() -> None:
    """Show what headcount makes of one input, without sending anything.

    Example: pip list --format json | headcount explain collector C3 -
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 it failed, 2 wrong words."""
    try:
        cli.main(args=arguments, prog_name="headcount")
    except HeadcountError as error:
        click.echo(f"error: {error.what}\n  where: {error.where}\n  what to do: {error.do}", err=True)
        sys.exit(1)
