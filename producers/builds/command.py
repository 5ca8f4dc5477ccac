"""`headcount build … -- COMMAND`: the build runs as ever; around it, one event. Its exit code is what we end with."""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from headcount.errors import HeadcountError
from producers.builds.config_file import read_config
from producers.builds.delivery import Outbox, deliver
from producers.builds.doctool_command import read_command
from producers.builds.event import Ref
from producers.builds.github import defaults_from
from producers.builds.interpreter import conda_prefix_of, find_interpreter
from producers.builds.local import LocalReader, LocalRunner
from producers.builds.telemetry import BuildTelemetry
from producers.builds.words import BuildStatus, Stage
from producers.builds.wrapped import Ended, Interruptible, run_command

COLLECT_SECONDS: Final = 60.0
CANCELLED_SECONDS: Final = 5.0
"""Collection after a cancelled build: who cancels a job kills what is left of it ten seconds later."""

_SECRET_WORDS: Final = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY", "APIKEY", "PRIVATE_KEY")
_SHORTEST_SECRET: Final = 8


@dataclass(frozen=True, slots=True)
class Named:
    """Which build this is, options and GitHub Actions' defaults together."""

    organization: str | None
    project: str
    version: str
    version_kind: str | None
    default: bool
    private: bool
    build_id: str | None
    attempt: int
    commit: str | None


@click.command(context_settings={"allow_interspersed_args": False})
@click.option("--organization", metavar="O", help="Whose project it is.")
@click.option("--project", metavar="P", help="The project's name. GitHub Actions: the repository.")
@click.option("--version", metavar="V", help="The branch, tag or pull request. GitHub Actions: the ref's name.")
@click.option("--build-id", metavar="N", help="The host's id of the build; a UUID if none is given.")
@click.option("--attempt", type=click.IntRange(1), metavar="N", help="Counts the attempts of one build id, from 1.")
@click.option("--commit", metavar="C", help="The commit that is built.")
@click.option("--default-version", is_flag=True, help="This is the project's default version.")
@click.option("--private", is_flag=True, help="The project is private: in no report and no export.")
@click.option("--config", type=click.Path(), metavar="FILE", help="The build's config; else .readthedocs.yaml.")
@click.option("--python", metavar="P", help="The interpreter of the build, where headcount does not find it by itself.")
@click.option("--dry-run", is_flag=True, help="Print the event instead of sending it; COMMAND's stdout goes to stderr.")
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: the event on one line.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def build(
    command: tuple[str, ...], config: str | None, python: str | None, dry_run: bool, as_json: bool, **options: Any
) -> None:
    """Run COMMAND, which builds documentation, and send what it was built with as one event.

    COMMAND's output and exit code are untouched, whatever happens to the event.

    Example: headcount build --project kiln --version latest -- sphinx-build docs out
    """
    environ = dict(os.environ)
    named = _named(options, environ)
    logging.getLogger().addHandler(logging.NullHandler())  # no line of a library's between those of the build
    started_at = datetime.now(UTC)
    ended = run_command(command, environ, stdout_to_stderr=dry_run)
    outbox = Outbox()
    try:
        with Interruptible():
            _observe(outbox, named, command, ended, started_at, environ, config, python)
    except Exception as error:  # noqa: BLE001  # the build's boundary: its exit code stands, whatever we fail at
        _say(f"the build could not be looked at ({type(error).__name__}), and has no event")
    if dry_run:
        _show(json.dumps(_readable(outbox.record), indent=None if as_json else 2, ensure_ascii=False))
    elif outbox.record is not None:
        try:
            deliver(outbox, environ)
        except HeadcountError as error:
            _say(str(error))
    sys.exit(ended.exit_code)


def _readable(record: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Give the event as the docs write it: each part of the configuration, JSON text on the wire (K2), as what it says."""
    if record is None:
        return None
    parts = {name: None if text is None else json.loads(text) for name, text in record["config"].items()}
    return {**record, "config": parts}


def _show(text: str) -> None:
    """Print the event; who closed stdout gets none, and COMMAND's exit code all the same."""
    try:
        click.echo(text)
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        sys.stdout = None  # as Python has it where there is none: nothing to flush at exit


def _say(text: str) -> None:
    """Say one line to the person; a terminal that has hung up takes none."""
    with contextlib.suppress(OSError):
        click.echo(f"headcount: {text}".replace("\n", " "), err=True)


def _named(options: Mapping[str, Any], environ: Mapping[str, str]) -> Named:
    """Bring options and defaults together. Raises click.UsageError where project or version is nowhere."""
    given = defaults_from(environ)
    project, version = options["project"] or given.project, options["version"] or given.version
    if not project or not version:
        name = "--version" if project else "--project"
        raise click.UsageError(f"{name} is needed: there is no GitHub Actions here to take it from")
    return Named(
        # A project that was named by hand is not the repository's owner's.
        organization=options["organization"] or (None if options["project"] else given.organization),
        project=project,
        version=version,
        version_kind=None if options["version"] else given.version_kind,
        default=options["default_version"],
        private=options["private"],
        build_id=options["build_id"] or given.build_id,
        attempt=options["attempt"] or given.attempt or 1,
        commit=options["commit"] or given.commit,
    )


def _observe(
    outbox: Outbox,
    named: Named,
    command: tuple[str, ...],
    ended: Ended,
    started_at: datetime,
    environ: Mapping[str, str],
    config: str | None,
    python: str | None,
) -> None:
    """Collect, and leave the finished event in the outbox, also when a signal breaks the collection off."""
    directory = Path.cwd()
    interpreter = find_interpreter(command, environ, given=python, directory=directory)
    organization = named.organization
    output = str(directory / (environ.get("READTHEDOCS_OUTPUT") or read_command(command).output or "_build"))
    telemetry = BuildTelemetry(
        outbox,
        organization=Ref(organization, organization) if organization else None,
        project=Ref(f"{organization}/{named.project}" if organization else named.project, named.project),
        version=Ref(named.version, named.version),
        version_kind=named.version_kind,
        version_default=named.default,
        private=named.private,
        build_id=named.build_id,
        attempt=named.attempt,
        commit=named.commit,
        vcs="git" if (directory / ".git").exists() else None,
        started_at=started_at,
        runner=LocalRunner(environ),
        threadsafe=True,
        read_file=LocalReader(str(directory), output),
        checkout=str(directory),
        output=output,
        python=interpreter or "python",
        command=command,
        conda_prefix=conda_prefix_of(interpreter),
        secrets=_secret_values(environ),
    )
    try:
        read = read_config(directory, config, read_command(command).tool)
        telemetry.config(user=read.user, final=read.final, error=read.error)
        if ended.exit_code != 0 and not ended.cancelled:
            telemetry.failed(Stage.BUILD, f"exit:{ended.exit_code}")
        telemetry.collect(CANCELLED_SECONDS if ended.cancelled else COLLECT_SECONDS)
    finally:
        telemetry.finish(
            status=BuildStatus.CANCELLED if ended.cancelled else BuildStatus.NORMAL,
            success=ended.exit_code == 0,
            length_seconds=ended.seconds,
        )


def _secret_values(environ: Mapping[str, str]) -> list[str]:
    """Give the values whose variables are called like secrets: nobody tells us which ones are."""
    return [
        value
        for name, value in environ.items()
        if any(word in name.upper() for word in _SECRET_WORDS) and len(value) >= _SHORTEST_SECRET
    ]
