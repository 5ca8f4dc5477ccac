"""A broker with the raw downloads topic, and a gateway before it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.topics import RAW_DOWNLOADS
from tests.integration.gateway.serving import Server, gateway


@pytest.fixture
def raw(kafka: KafkaSettings) -> KafkaSettings:
    ensure(kafka, (RAW_DOWNLOADS,))
    return kafka


@pytest.fixture
def served(raw: KafkaSettings, tmp_path: Path) -> Iterator[Server]:
    with gateway(raw, tmp_path / "gateway") as server:
        yield server
