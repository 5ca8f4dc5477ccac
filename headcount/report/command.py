"""`headcount report`: words in, a page, CSV or Parquet out."""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click

from headcount import settings
from headcount.errors import HeadcountError
from headcount.report.ask import Scope, ask, reader_dsn
from headcount.report.export import write_csv
from headcount.report.page import Page, lay_out, render
from headcount.report.parquet_file import write_parquet

DEFAULT_DAYS: Final = 90
"""The window of "active" in the views."""


@click.group()
def report() -> None:
    """Write what is known as a page that can be sent to somebody, or as CSV or Parquet.

    Example: headcount report builds --from 2026-01-01 -o report.html
    """


@report.command()
@click.option("--project", metavar="P", help="One project only, by its name or id.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), metavar="D", help="First day; 90 days before --to.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), metavar="D", help="Last day; today.")
@click.option("--format", "form", type=click.Choice(["html", "csv", "parquet"]), default="html", show_default=True)
@click.option("--public", "is_public", is_flag=True, help="For others: no project by name, no figure under 5 projects.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Else stdout.")
def builds(
    project: str | None, first: datetime | None, last: datetime | None, form: str, is_public: bool, output: Path | None
) -> None:
    """Report what a removal would hit, who that is, how it moves, and how much is not known.

    Private projects are in no format of it. --public gives no project's name and no figure under 5 projects.

    Example: headcount report builds --public -o report.html
    """
    if project is not None and is_public:
        raise click.UsageError("--public shows no figure of fewer than 5 projects: leave --project away")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is no text for a terminal: give -o FILE")
    now = datetime.now(UTC)
    scope = scope_of(project, first, last, is_public=is_public, now=now)
    answers = ask(reader_dsn(settings.load(os.environ)), scope)
    if project is not None and not (answers.versions or answers.latest or answers.failing):
        raise HeadcountError(
            "there is nothing to report of such a project in these days",
            where=f"--project {project}, {scope.since:%Y-%m-%d} to {scope.until:%Y-%m-%d}",
            do="give its id or its short name, as `headcount query active_projects` lists them, or other days; "
            "a private project is in no report",
        )
    page = lay_out(answers, scope, now)
    content = _CONTENT[form](page)
    if output is None:
        click.get_binary_stream("stdout").write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise HeadcountError(
            f"the report cannot be written: {error.strerror}", where=str(output), do="give another file with -o"
        ) from error


_CONTENT: Final[Mapping[str, Callable[[Page], bytes]]] = {
    "html": lambda page: render(page).encode(),
    "csv": lambda page: write_csv(page).encode(),
    "parquet": write_parquet,
}


def scope_of(
    project: str | None, first: datetime | None, last: datetime | None, *, is_public: bool, now: datetime
) -> Scope:
    """Give the window: whole days in UTC, up to now at the latest. Raises click.UsageError where it is empty."""
    last_day = now if last is None else last.replace(tzinfo=UTC)
    until = now if last_day >= now else min(now, last_day + timedelta(days=1))
    usual = min(timedelta(days=DEFAULT_DAYS), until - datetime.min.replace(tzinfo=UTC))
    since = until - usual if first is None else first.replace(tzinfo=UTC)
    if since >= until:
        raise click.UsageError(f"--from must come before --to and now: {since:%Y-%m-%d} is not before {until:%Y-%m-%d}")
    return Scope(since, until, project, is_public)
