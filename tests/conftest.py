"""Fixtures on the real servers. A run that takes none of them starts none."""

from collections.abc import Iterator

import pytest

from headcount.settings import KafkaSettings
from tests.stack import Database, Stack, start_stack, stop_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One Kafka and one Postgres for the whole run."""
    started = start_stack(tmp_path_factory.mktemp("stack") / "state")
    yield started
    stop_stack(started)


@pytest.fixture
def kafka(stack: Stack) -> KafkaSettings:
    """The broker, with a topic prefix of this test's own."""
    return stack.kafka_settings(stack.fresh_prefix())


@pytest.fixture
def database(stack: Stack) -> Database:
    """An empty database of this test's own."""
    return stack.fresh_database()
