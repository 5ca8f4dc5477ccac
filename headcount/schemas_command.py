"""`headcount schemas`: which schema stands under which id, for whoever reads our topics with tools of their own."""

import dataclasses
import json

import click

from headcount.errors import HeadcountError
from schemas.registry import registered


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
@click.pass_context
def schemas(context: click.Context, as_json: bool) -> None:
    """List the schemas of our records by the id on the wire.

    Example: headcount schemas --json
    """
    if context.invoked_subcommand is not None:
        return
    for row in map(dataclasses.asdict, registered().values()):
        click.echo(
            json.dumps(row)
            if as_json
            else f"{row['id']:>3}  {row['subject']}  version {row['version']}  sha256 {row['sha256']}"
        )


@schemas.command()
@click.argument("schema_id", metavar="ID", type=int)
def show(schema_id: int) -> None:
    """Print the schema with this id: Avro JSON, with `doc`, `pii` and `rule` on each field.

    Example: headcount schemas show 1
    """
    schema = registered().get(schema_id)
    if schema is None:
        raise HeadcountError(
            f"there is no schema {schema_id}",
            where="schemas/ids.lock",
            do="give one of " + ", ".join(map(str, registered())),
        )
    click.echo(schema.text.rstrip("\n"))
