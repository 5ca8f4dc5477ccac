"""`headcount retention`: what the sink's daily job does, at once."""

import json
import os
import time
from datetime import UTC, datetime

import click

from headcount import settings
from headcount.errors import UnavailableError
from headcount.metrics import Metrics
from headcount.postgres import AgainError, LostError
from sinks.dsn import Role, dsn_of
from sinks.retention.run import Outcome, Retention


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: rows removed by table.")
@click.pass_context
def retention(context: click.Context, as_json: bool) -> None:
    """Remove now what is older than its time, as the sink does it once a day; may run again and beside sinks.

    Builds go after HEADCOUNT_BUILDS_DAYS, weeks of the series after HEADCOUNT_WEEKS_DAYS, latest rows when all that they
    know is older than 400 days; lists and configurations when nothing refers to them. The ledger's detail is added up after
    HEADCOUNT_LEDGER_DAYS. With HEADCOUNT_ARCHIVE_DIR rows are written there first; where that fails, nothing is dropped and
    this exits with 1.

    Example: HEADCOUNT_ARCHIVE_DIR=/srv/archive headcount retention --json
    """
    loaded = settings.load(os.environ)
    outcome = _run(Retention(dsn_of(loaded, Role.SINK), loaded.retention, Metrics(), wait=_pause))
    if outcome.is_busy:
        raise UnavailableError(
            "a sink, or somebody else, is removing rows just now", where="the database", do="wait until it is done"
        )
    if as_json:
        click.echo(json.dumps(outcome.removed))
    else:
        for table, rows in outcome.removed.items():
            archived = outcome.archived[table]
            click.echo(f"{table}: {rows}" + (f" ({archived} archived)" if archived else ""))
    for error in outcome.errors:
        click.echo(f"error: {error.what}\n  where: {error.where}\n  what to do: {error.do}", err=True)
    context.exit(0 if outcome.is_done else 1)


def _run(job: Retention) -> Outcome:
    try:
        return job.run(datetime.now(UTC))
    except (AgainError, LostError) as error:
        raise UnavailableError(
            f"not all was removed: {error}", where="the database of HEADCOUNT_DATABASE_SINK", do="run it again"
        ) from error


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False
