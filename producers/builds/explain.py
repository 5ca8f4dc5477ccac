"""`headcount explain collector|requirements`: what a collector makes of a tool's output, without a build."""

import json
import sys
from pathlib import Path

import click

from headcount.errors import HeadcountError
from producers.builds.errors import UnreadableError
from producers.builds.explained import COLLECTORS, STDIN, explain_collector, requirement_rows


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        raise HeadcountError(
            f"the file cannot be read: {error.strerror}", where=file, do="name another file, or - for stdin"
        ) from error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object on one line.")
@click.argument("name", metavar="COLLECTOR", type=click.Choice(list(COLLECTORS), case_sensitive=False))
@click.argument("file")
def collector(name: str, file: str, as_json: bool) -> None:
    """Show what COLLECTOR (C1 to C9) makes of FILE, which holds its tool's stdout; - is stdin.

    C7 reads a requirements file, a pyproject.toml, setup.cfg, environment.yml or a config, C8 a conf.py, mkdocs.yml or
    telemetry.json, C9 a config file.

    Example: pip list --format json | headcount explain collector C3 -
    """
    click.echo(json.dumps(explain_collector(name, _content(file), file), indent=None if as_json else 2))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
@click.argument("file")
def requirements(file: str, as_json: bool) -> None:
    """Show how each line of the requirements FILE is classified; - is stdin. The last row counts what has no row.

    Example: headcount explain requirements docs/requirements.txt
    """
    try:
        rows = requirement_rows(_content(file), file)
    except UnreadableError as error:
        raise HeadcountError(f"the file cannot be read: {error.error}", where=file, do="name another file") from error
    for row in rows:
        click.echo(
            json.dumps(row) if as_json else "  ".join(f"{key}={json.dumps(value)}" for key, value in row.items())
        )
