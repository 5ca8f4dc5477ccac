"""`headcount streams`: a worker."""

import os

import click

from headcount.logs import configure
from headcount.settings import load


@click.group(invoke_without_command=True)
@click.option(
    "--slot", default=0, show_default=True, type=click.IntRange(0), help="Number of this worker on this host."
)
@click.pass_context
def streams(context: click.Context, slot: int) -> None:
    """Turn raw records into clean ones; one process a core.

    Example: headcount streams --slot 0
    """
    if context.invoked_subcommand is not None:
        return
    from streams.runtime.worker import run

    settings = load(os.environ)
    configure(f"streams-{slot}", settings.process.log_level)
    run(settings, slot)
