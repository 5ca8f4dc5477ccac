"""`headcount topics` on a real broker: what is missing, what is made, what is otherwise."""

import json
from typing import Any

import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry  # type: ignore[attr-defined]  # its stubs forget them

from headcount.cli import cli
from headcount.errors import UnavailableError
from headcount.kafka import ConfigResource, ResourceType, admin
from headcount.settings import KafkaSettings
from headcount.topics import differences
from schemas.topics import ALL, RAW_BUILDS
from tests.kafka_topics import eventually


def run(kafka: KafkaSettings, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    environ = {"HEADCOUNT_KAFKA": kafka.bootstrap, "HEADCOUNT_KAFKA_TOPIC_PREFIX": kafka.topic_prefix}
    result = CliRunner().invoke(cli, ["topics", "--json", *words], env=environ)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return result.exit_code, {row["topic"]: row for row in rows}


def test_missing_made_and_otherwise(kafka: KafkaSettings) -> None:
    code, rows = run(kafka)
    assert code == 1
    assert set(rows) == {kafka.name(topic) for topic in ALL}
    assert {row["difference"] for row in rows.values()} == {"it is not there"}

    for _ in range(2):  # twice is once
        code, rows = run(kafka, "--create")
        assert code == 0
        assert {row["difference"] for row in rows.values()} == {None}

    longer = ConfigEntry("retention.ms", "604800000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, kafka.name(RAW_BUILDS), incremental_configs=[longer])
    client = admin(kafka)
    client.incremental_alter_configs([resource])[resource].result(30)
    # The broker says that it took a setting a moment before it shows it.
    code, rows = eventually(lambda: run(kafka), is_right=lambda found: found[0] == 1)
    wrong = {name: row["difference"] for name, row in rows.items() if row["difference"] is not None}
    assert set(wrong) == {kafka.name(RAW_BUILDS)}
    assert "604800000" in wrong[kafka.name(RAW_BUILDS)]


def test_asking_makes_no_topic(kafka: KafkaSettings) -> None:
    assert set(differences(kafka).values()) == {"it is not there"}
    assert kafka.name(RAW_BUILDS) not in admin(kafka).list_topics(timeout=30).topics


def test_no_kafka_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headcount.topics._SECONDS", 1.0)
    result = CliRunner().invoke(cli, ["topics"], env={"HEADCOUNT_KAFKA": "127.0.0.1:1"})
    assert isinstance(result.exception, UnavailableError)
    assert result.exception.where == "127.0.0.1:1"
    assert "HEADCOUNT_KAFKA" in result.exception.do
