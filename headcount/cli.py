"""The `headcount` command line. Each command lives with what it drives and is imported only when it is called."""

import importlib
import sys
from collections.abc import Sequence

import click

from headcount import __version__
from headcount.errors import HeadcountError

COMMANDS = {
    "build": "producers.builds.command:build",
    "demo": "headcount.demo.command:demo",
    "doctor": "headcount.up.command:doctor",
    "down": "headcount.up.command:down",
    "ledger": "sinks.query_command:ledger",
    "migrate": "sinks.command:migrate",
    "query": "sinks.query_command:query",
    "report": "headcount.report.command:report",
    "sink": "sinks.command:sink",
    "replay": "streams.command:replay",
    "status": "headcount.up.command:status",
    "streams": "streams.command:streams",
    "up": "headcount.up.command:up",
}
"""Command → where it is. The extra that a command needs is named when its import fails."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is asked for, so that `build` starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module_name, attribute = COMMANDS[cmd_name].split(":")
        try:
            command: click.Command = getattr(importlib.import_module(module_name), attribute)
        except ModuleNotFoundError as error:
            raise _missing_extra(cmd_name, error) from error
        return command


def _missing_extra(command: str, error: ModuleNotFoundError) -> click.ClickException:
    return click.ClickException(
        f"`headcount {command}` needs the Python package {error.name!r}, which is not installed.\n"
        f"  Where: this Python environment, {sys.prefix}\n"
        "  What to do: pip install 'headcount[all]'"
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="headcount")
def cli() -> None:
    """Who builds with, downloads and runs your packages.

    Example: headcount up --detach && headcount status --json
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 it failed, 2 wrong words."""
    try:
        cli.main(args=arguments, prog_name="headcount")
    except HeadcountError as error:
        click.echo(f"error: {error.what}\n  where: {error.where}\n  what to do: {error.do}", err=True)
        sys.exit(1)
