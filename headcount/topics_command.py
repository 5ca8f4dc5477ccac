"""`headcount topics`: what topics there are to be, and whether the cluster has them so."""

import json
import os
import sys
from typing import Any

import click

from headcount import settings
from headcount.errors import SettingError
from headcount.kafka import KafkaException
from headcount.local import kafka_of
from headcount.settings import KafkaSettings
from headcount.topics import differences, ensure, unavailable
from schemas.topics import ALL


@click.command()
@click.option("--create", is_flag=True, help="Make those that are missing, then check all of them.")
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def topics(create: bool, as_json: bool) -> None:
    """List our topics with their settings, and whether the cluster has them so. Exits with 1 where one is otherwise.

    Without HEADCOUNT_KAFKA and a running `headcount up` there is no cluster to ask, and only the list.

    Example: HEADCOUNT_KAFKA=kafka:9092 headcount topics --create
    """
    loaded = settings.load(os.environ)
    rows = _rows(_cluster(loaded, must=create), create=create)
    for row in rows:
        click.echo(json.dumps(row) if as_json else _as_text(row))
    if any(row["difference"] for row in rows):
        sys.exit(1)


def _rows(kafka: KafkaSettings | None, *, create: bool) -> list[dict[str, Any]]:
    """A row a topic; `difference` is null where it is as defined, or where there is no cluster (then `on` is null)."""
    found: dict[str, str | None] = {}
    if kafka is not None:
        try:
            if create:
                ensure(kafka)
            found = differences(kafka)
        except KafkaException as error:
            raise unavailable(kafka, error) from error
    return [
        {
            "topic": topic.name if kafka is None else kafka.name(topic),
            "domain": topic.domain,
            "stage": topic.stage,
            "partitions": topic.partitions,
            "key": topic.key,
            "settings": dict(topic.settings),
            "on": None if kafka is None else kafka.bootstrap,
            "difference": found.get(topic.name),
        }
        for topic in ALL
    ]


def _cluster(loaded: settings.Settings, *, must: bool) -> KafkaSettings | None:
    try:
        return kafka_of(loaded)
    except SettingError:
        if must:
            raise
        return None


def _as_text(row: dict[str, Any]) -> str:
    state = "not asked" if row["on"] is None else "ok" if row["difference"] is None else f"WRONG: {row['difference']}"
    lines = [f"{row['topic']}  {row['partitions']} partitions  {state}", f"    key: {row['key']}"]
    return "\n".join(lines + [f"    {name}={value}" for name, value in row["settings"].items()])
