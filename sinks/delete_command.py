"""`headcount delete`: a person takes a project back."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import click

from headcount import settings
from headcount.errors import UnavailableError
from headcount.postgres import AgainError, Connection, LostError, connect
from sinks.delete import delete as delete_rows
from sinks.delete import project_id_of, version_ids_of
from sinks.dsn import Role, dsn_of

MOST_TRIES: Final = 5


@click.command()
@click.option("--project", required=True, metavar="P", help="Its id, or its short name.")
@click.option("--version", "version", metavar="V", help="One version of it: its id, or its short name.")
@click.option("--yes", is_flag=True, help="Do not ask. Nobody is asked where standard input is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: rows removed by table.")
def delete(project: str, version: str | None, yes: bool, as_json: bool) -> None:
    """Delete all rows of a project, or of one version of it, from the database.

    Builds, latest rows and poison rows go; with the whole project its weeks in the weekly series too, which name no
    version. Package lists and configurations that nothing else refers to go with the sink's daily job, a day later. The
    ledger shows the builds as taken back. Its flags stay, as they are yours, and marks of its retirement for their 30 days.

    What Kafka still has is not touched, and a build that is sent later makes rows again. Let the host retire the project
    first: then no late event brings latest rows back, and they go from the latest topic as well.

    Example: headcount delete --project kiln --version latest --json
    """
    with connect(dsn_of(settings.load(os.environ), Role.SINK), application="headcount delete") as connection:
        project_id = project_id_of(connection, project)
        version_ids = None if version is None else version_ids_of(connection, project_id, version)
        if not yes and sys.stdin.isatty():
            what = f"project {project_id}" if version_ids is None else f"version {version} of project {project_id}"
            click.confirm(f"Delete all rows of {what}? They cannot be brought back", abort=True, err=True)
        gone = _delete(connection, project_id, version_ids)
    if as_json:
        click.echo(json.dumps(gone))
    else:
        for table, rows in gone.items():
            click.echo(f"{table}: {rows}")


def _delete(connection: Connection[Any], project_id: str, version_ids: Sequence[str] | None) -> dict[str, int]:
    for left in reversed(range(MOST_TRIES)):
        try:
            return delete_rows(connection, project_id, version_ids)
        except AgainError as error:
            if not left:
                raise _not_now(error) from error
        except LostError as error:
            raise _not_now(error) from error
    raise AssertionError


def _not_now(error: Exception) -> UnavailableError:
    return UnavailableError(
        f"nothing was deleted: {error}", where="the database of HEADCOUNT_DATABASE_SINK", do="try again"
    )
