"""`headcount streams`, `streams resume` and `replay`."""

import json
import os
from datetime import UTC, datetime

import click

from headcount.errors import SettingError
from headcount.local import kafka_of
from headcount.logs import configure
from headcount.settings import Settings, load
from streams.domain import Domain


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


@streams.command()
@click.argument("topic")
@click.argument("partition", type=click.IntRange(0))
def resume(topic: str, partition: int) -> None:
    """Go on with a partition that too many undecodable records in a row have paused.

    Example: headcount streams resume headcount.builds.raw.v1 3
    """
    from streams import positions

    settings = load(os.environ)
    domain = domain_of(topic, settings)
    resumed = positions.resume(kafka_of(settings), domain, partition)
    click.echo(f"{resumed.topic}, partition {partition}: goes on at offset {resumed.next_offset}")


@click.command()
@click.option("--reason", help="Only dead letters with this reason.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def replay(reason: str | None, as_json: bool) -> None:
    """Put refused events back once the cause is fixed; each counts once, however often it is put back.

    Example: headcount replay --reason unknown_schema
    """
    from streams.replay import replay as put_back

    settings = load(os.environ)
    done = put_back(kafka_of(settings), _builds(settings), reason=reason)
    if as_json:
        click.echo(json.dumps({"replayed": done.replayed, "again": done.again, "expired": done.expired}))
        return
    click.echo(f"{done.replayed} put back, {done.again} had been before, {done.expired} are gone from the raw topic")
    if done.until is not None:
        moment = datetime.fromtimestamp(done.until / 1_000_000, UTC)
        click.echo(f"the oldest of them can be put back until {moment:%Y-%m-%dT%H:%M:%SZ}")


def domain_of(topic: str, settings: Settings) -> Domain:
    """Give the domain of a raw topic's name, with or without the operator's prefix. Raises SettingError."""
    domain = _builds(settings)
    kafka = kafka_of(settings)
    if topic not in (domain.raw.name, kafka.name(domain.raw)):
        raise SettingError("this is no raw topic of ours", where=topic, do=f"give {kafka.name(domain.raw)}")
    return domain


def _builds(settings: Settings) -> Domain:
    from streams.builds.domain import builds
    from streams.scrub.names import load as load_names

    return builds(load_names(settings.public_names))
