"""`headcount ledger accept`: what a person decides about a partition that stopped, in whichever stage it stopped.

The one command that speaks to both stages: a loss in the raw topic stops streams first and the sink behind it.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from headcount.errors import HeadcountError
from headcount.local import kafka_of
from headcount.postgres import connect
from headcount.settings import Settings, load
from schemas.topics import BY_NAME, PARTITIONS, Stage, Topic
from sinks.dsn import Role, dsn_of
from sinks.query_command import ledger
from sinks.stops import accept as accept_in_sink

__all__ = ["ledger"]


@ledger.command()
@click.argument("topic")
@click.argument("partition")
@click.option("--new-series", is_flag=True, help="Kafka was wiped or the topic made anew: begin again at offset 0.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def accept(topic: str, partition: str, new_series: bool, as_json: bool) -> None:
    """Accept that records are lost: write the loss down and let the partition go on, in the running processes.

    TOPIC is the raw or the clean topic, PARTITION a number or `all`.

    Example: headcount ledger accept headcount.builds.raw.v1 3
    """
    settings = load(os.environ)
    raw = _raw_topic(topic, settings)
    accepted: list[dict[str, Any]] = []
    nothing: list[HeadcountError] = []
    for number in _partitions(partition):
        for found in _accept(settings, raw, number, new_series=new_series):
            if isinstance(found, HeadcountError):
                nothing.append(found)
            else:
                accepted.append(found)
    if not accepted:
        raise nothing[-1]
    for row in accepted:
        click.echo(json.dumps(row, default=str) if as_json else _words(row))


def _partitions(given: str) -> list[int]:
    if given == "all":
        return list(range(PARTITIONS))
    if given.isdigit() and int(given) < PARTITIONS:
        return [int(given)]
    raise click.UsageError(f"PARTITION is a number below {PARTITIONS} or `all`, not {given!r}")


def _accept(
    settings: Settings, raw: Topic, partition: int, *, new_series: bool
) -> Iterator[dict[str, Any] | HeadcountError]:
    """Try both stages; each gives what it accepted, or why there was nothing to accept."""
    for stage, accept_in in (("streams", _in_streams), ("sink", _in_sink)):
        try:
            yield {"stage": stage, **accept_in(settings, raw, partition, new_series)}
        except HeadcountError as error:
            yield error


def _in_streams(settings: Settings, raw: Topic, partition: int, new_series: bool) -> dict[str, Any]:
    try:
        from streams import positions
        from streams.builds.domain import builds
        from streams.scrub.names import load as load_names
    except ModuleNotFoundError as error:
        raise HeadcountError(
            f"streams is not installed here: {error.name}", where="this Python", do="pip install 'headcount[streams]'"
        ) from error
    domain = builds(load_names(settings.public_names))
    change = positions.accept_new_series if new_series else positions.accept_loss
    return asdict(change(kafka_of(settings), domain, partition))


def _in_sink(settings: Settings, raw: Topic, partition: int, new_series: bool) -> dict[str, Any]:
    prefix = "" if settings.kafka is None else settings.kafka.topic_prefix
    with connect(dsn_of(settings, Role.SINK), application="headcount ledger") as connection:
        return accept_in_sink(connection, prefix + raw.name, partition, new_series=new_series)


def _raw_topic(given: str, settings: Settings) -> Topic:
    """Give the raw topic for a raw or clean one, written with the operator's prefix or without."""
    prefix = "" if settings.kafka is None else settings.kafka.topic_prefix
    known = BY_NAME.get(given.removeprefix(prefix))
    raw = [topic for topic in BY_NAME.values() if topic.stage is Stage.RAW]
    if known is None or known.stage not in (Stage.RAW, Stage.CLEAN):
        there = ", ".join(prefix + topic.name for topic in raw)
        raise HeadcountError("there is no such topic in the ledger", where=given, do=f"name one of: {there}")
    return next(topic for topic in raw if topic.domain == known.domain)


def _words(row: dict[str, Any]) -> str:
    rest = ", ".join(f"{name} {value}" for name, value in row.items() if name not in ("stage", "topic", "partition"))
    return f"{row['stage']}: {row['topic']}, partition {row['partition']}: goes on ({rest})"
