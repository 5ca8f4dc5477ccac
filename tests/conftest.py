"""Fixtures on the real servers. A run that takes none of them starts none."""

import signal
from collections.abc import Iterator

import pytest

from headcount.settings import KafkaSettings
from tests.stack import Database, Stack, start_stack, stop_stack

# A shell that starts us in the background has these ignored, and so would all that we start: they are what tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


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
