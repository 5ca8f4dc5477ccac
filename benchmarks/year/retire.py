"""The daily job on a year that it never ran on: half of it is archived and dropped, as after an outage of months."""

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from headcount.metrics import Metrics
from headcount.postgres import connect
from headcount.settings import RetentionSettings
from sinks.checks import run_checks
from sinks.retention.run import Retention
from sinks.sums import sum_days


@dataclass(frozen=True, slots=True)
class Retired:
    """Seconds of the run, rows that went by table, the archive's size, and checks of the ledger that differ after it."""

    seconds: float
    rows: dict[str, int]
    archive_bytes: int
    differences: list[str]


def retire(dsn: str, archive: Path) -> Retired:
    """Run it once with an archive."""
    archive.mkdir(parents=True, exist_ok=True)
    kept = replace(RetentionSettings(), archive_dir=archive)
    started = time.perf_counter()
    outcome = Retention(dsn, kept, Metrics(), wait=threading.Event().wait).run(datetime.now(UTC))
    seconds = time.perf_counter() - started
    assert outcome.is_done, outcome.errors
    with connect(dsn, application="benchmark") as connection:
        sum_days(connection)
        checks = run_checks(connection)
    size = sum(file.stat().st_size for file in archive.rglob("*") if file.is_file())
    removed = {table: rows for table, rows in outcome.removed.items() if rows}
    return Retired(seconds, removed, size, [check.name for check in checks if check.difference])
