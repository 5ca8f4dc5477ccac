"""`headcount up`, `down`, `status` and `doctor`: words in, text or JSON out. The work is in supervisor.py and outside.py."""

import dataclasses
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import platformdirs

from headcount import settings
from headcount.errors import HeadcountError
from headcount.settings import Settings
from headcount.up import outside
from headcount.up.doctor import examine
from headcount.up.plan import Plan
from headcount.up.state import StateDir
from headcount.up.supervisor import Supervisor

PORT = click.IntRange(1, 65535)

state_dir_option = click.option(
    "--state-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the stack keeps all it has (HEADCOUNT_STATE_DIR); by default under the user's data folder.",
)


@click.command()
@click.option("--detach", is_flag=True, help="Return as soon as everything is ready, and leave it running.")
@state_dir_option
@click.option("--kafka-port", type=PORT, help="Kafka's port on loopback; a free one by default.")
@click.option("--postgres-port", type=PORT, help="PostgreSQL's port on loopback; a free one by default.")
def up(detach: bool, state_dir: Path | None, kafka_port: int | None, postgres_port: int | None) -> None:
    """Run Kafka, PostgreSQL and headcount's processes on this machine.

    Nothing but Python need be installed. A Kafka or a database of your own is used where HEADCOUNT_KAFKA or
    HEADCOUNT_DATABASE names it. Ctrl-C stops everything; the next `up` finds it as it was.

    Example: headcount up --detach && headcount status
    """
    state, loaded = open_state(state_dir)
    state.create()
    if detach:
        words = ["--state-dir", str(state.root)]
        for option, port in (("--kafka-port", kafka_port), ("--postgres-port", postgres_port)):
            words += [option, str(port)] if port else []
        _up_detached(state, words)
        return
    lock = state.lock()
    if lock is None:
        raise _already_runs(state)
    with lock:
        supervisor = Supervisor(
            state,
            loaded,
            os.environ,
            cache=platformdirs.user_cache_path("headcount"),
            kafka_port=kafka_port,
            postgres_port=postgres_port,
            tell=tell,
            say=say,
        )
        supervisor.run(on_ready=_say_ready)


def _up_detached(state: StateDir, words: list[str]) -> None:
    stack = state.read_stack()
    if outside.runs(stack):
        stack = outside.await_ready(state, tell)
        click.echo(f"headcount already runs: process {stack['pid']}, state in {state.root}")
    else:
        stack = outside.start_detached(state, words, tell)
        click.echo(f"headcount is up, state in {state.root}\n  Kafka: {stack['kafka']}\n  More: headcount status")
    if stack["state"] != "ready" or stack.get("unready"):
        raise HeadcountError(
            f"not ready yet: {', '.join(stack.get('unready') or [stack['state']])}",
            where=f"{state.logs}/, and /readyz of each process (`headcount status`)",
            do="the stack is left running: a backlog is worked off by itself; `headcount doctor` tells more",
        )


@click.command()
@state_dir_option
def down(state_dir: Path | None) -> None:
    """Stop everything that `up` started, and return when nothing is left running.

    Example: headcount down
    """
    state, _ = open_state(state_dir)
    stopped = outside.stop(state)
    click.echo(f"headcount is down, state kept in {state.root}" if stopped else f"nothing runs in {state.root}")


@click.command()
@state_dir_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(state_dir: Path | None, as_json: bool) -> None:
    """Say what runs and where it listens.

    Example: headcount status --json
    """
    state, _ = open_state(state_dir)
    found = outside.status(state)
    click.echo(json.dumps(found) if as_json else _as_text(found))


@click.command()
@state_dir_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row.")
def doctor(state_dir: Path | None, as_json: bool) -> None:
    """Look at all that the stack needs, and say what to do about what is wrong. Exits with 1 where something is.

    Example: headcount doctor
    """
    wrong = 0
    for row in examine(StateDir(_chosen(state_dir)), platformdirs.user_cache_path("headcount")):
        wrong += not row.ok
        if as_json:
            click.echo(json.dumps(dataclasses.asdict(row)))
        else:
            advice = f"\n{'':24}→ {row.advice}" if row.advice else ""
            click.echo(f"{'ok' if row.ok else 'WRONG':6}{row.check:18}{row.found}{advice}")
    if wrong:
        sys.exit(1)


def _chosen(state_dir: Path | None) -> Path:
    """The state directory even where other settings are broken, as the doctor must still look."""
    given = state_dir or os.environ.get(settings.variable("state_dir")) or settings.default_state_dir()
    return Path(given).expanduser().absolute()


def _as_text(found: dict[str, Any]) -> str:
    lines = [
        f"{name:11}{found[name]}" for name in ("state", "state_dir", "kafka", "database", "gateway") if found[name]
    ]
    for name, row in found["processes"].items():
        restarts = f", restarted {row['restarts']} times" if row["restarts"] else ""
        lines.append(f"{name:11}{row['state']}{restarts} {found['metrics'].get(name, '')}".rstrip())
    return "\n".join(lines)


def open_state(state_dir: Path | None) -> tuple[StateDir, Settings]:
    """The state directory that is meant, and all settings, checked."""
    loaded = settings.load(os.environ)
    return StateDir((state_dir or loaded.process.state_dir).expanduser().absolute()), loaded


def tell(phase: str) -> None:
    """Progress, for a person only."""
    if sys.stderr.isatty():
        click.echo(f"… {phase}", err=True)


def say(event: str) -> None:
    """What the supervisor saw, with its time: on the terminal, or in logs/up.log."""
    click.echo(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {event}", err=True)


def _say_ready(plan: Plan, unready: list[str]) -> None:
    click.echo(f"headcount is up. Kafka: {plan.bootstrap}. More: headcount status. Ctrl-C stops everything.")
    if unready:
        click.echo(f"not ready yet: {', '.join(unready)} (see `headcount doctor`)", err=True)


def _already_runs(state: StateDir) -> HeadcountError:
    pid = state.read_stack().get("pid", "unknown")
    return HeadcountError(
        f"headcount already runs there, process {pid}",
        where=str(state.root),
        do="use it (`headcount status`), stop it (`headcount down`), or give another --state-dir",
    )
