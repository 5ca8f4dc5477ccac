"""A migrated database without Kafka, and the retention over it at any time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headcount.metrics import Metrics
from headcount.settings import RetentionSettings
from sinks.checks import run_checks
from sinks.migrate import migrate
from sinks.retention.run import Outcome, Retention
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.writing import Partition
from tests.stack import Database

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
"""The time that most tests run retention at. What `last_seen_on` says is the database's own day."""

KEPT = RetentionSettings()


@pytest.fixture
def db(database: Database) -> Database:
    migrate(database.owner)
    return database


@pytest.fixture
def rows(db: Database) -> Rows:
    return Rows(db.owner)


@pytest.fixture
def writer(db: Database) -> Iterator[Writer]:
    writer = Writer(db.sink)
    yield writer
    writer.close()


@pytest.fixture
def partition(writer: Writer) -> Partition:
    return Partition(writer)


class Run:
    """Retention with the default periods, unless told; never waits."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.metrics = Metrics()

    def __call__(self, as_of: datetime = NOW, *, archive: Path | None = None, **kept: Any) -> Outcome:
        settings = replace(KEPT, archive_dir=archive, **kept)
        return Retention(self.dsn, settings, self.metrics, wait=lambda _: False).run(as_of)

    def sample(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def retention(db: Database) -> Run:
    return Run(db.sink)


@pytest.fixture
def balanced(db: Database, rows: Rows) -> Callable[[], None]:
    def check() -> None:
        assert rows.one("SELECT coalesce(sum(difference), 0) FROM headcount.ledger") == 0
        checking = Writer(db.sink)
        try:
            assert [found for found in run_checks(checking.connection) if found.difference] == []
        finally:
            checking.close()

    return check
