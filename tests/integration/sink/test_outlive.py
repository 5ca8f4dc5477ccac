"""What is known stays when a host forgets (B35), and how much is known is measured by collector and by field (B48)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from headcount.metrics import Metrics
from headcount.postgres import connect
from headcount.settings import RetentionSettings
from sinks.query import ask
from sinks.retention.run import Retention
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import DAY, HOUR, T0, build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database

NOW = datetime.fromtimestamp(T0 / 1e6, UTC)


def applied(db: Database, *days: tuple[int, list[dict[str, Any]]]) -> None:
    writer = Writer(db.sink)
    partition = Partition(writer)
    for day, events in days:
        received_at = T0 + day * DAY + HOUR
        partition.apply(clean_record(partition.position.next_raw_offset, events, received_at=received_at))
    writer.close()


def test_B35_rows_outlive_the_project_and_the_version_at_the_host(db: Database, rows: Rows) -> None:
    gone = [build_event("1", project="gone", version="v1"), build_event("2", project="gone", version=None)]
    late = [build_event(f"late-{n}", project="other", started_at=T0 + n * 20 * DAY) for n in range(1, 9)]
    applied(db, (0, gone), *((n * 20, [event]) for n, event in enumerate(late, 1)))
    # Nobody hears of the project again; 170 days pass with their nightly job.
    for day in (30, 90, 170):
        kept = Retention(db.sink, RetentionSettings(), Metrics(), wait=lambda seconds: False)
        assert kept.run(NOW + timedelta(days=day))
    assert rows("SELECT build_id FROM headcount.latest_builds WHERE project_id = 'gone'") == [("1",)]
    assert rows("SELECT build_id FROM headcount.latest_successful_builds WHERE project_id = 'gone'") == [("1",)]
    assert rows.one("SELECT count(*) FROM headcount_store.builds WHERE project_id = 'gone'") == 2
    assert rows.one("SELECT count(*) FROM headcount_store.project_weeks WHERE project_id = 'gone'") > 0
    assert rows.one("SELECT count(*) FROM headcount.latest_packages WHERE project_id = 'gone'") > 0
    # Nothing refers to tables of a host, whose rows could take ours along.
    assert rows("SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c'") == []


def test_B48_completeness_by_collector_and_by_field(db: Database) -> None:
    events = [build_event(str(n), project=f"p{n}") for n in range(3)]
    events.append(build_event("3", project="p3", python=None, statuses={"python": "error"}))
    applied(db, (0, events))
    until = (NOW + timedelta(days=1)).isoformat()
    with connect(db.reader, application="test") as connection:

        def found(view: str) -> list[dict[str, Any]]:
            answer = ask(connection, view, {"as_of": until})
            return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

        shares = {row["collector"]: (row["builds"], row["known"], row["share"]) for row in found("completeness")}
        fields = {row["field"]: (row["expected"], row["filled"]) for row in found("field_completeness")}
    assert shares["python"] == (4, 3, 0.75)
    assert shares["pip_all"] == (4, 4, 1.0)
    assert len(shares) == 11
    assert fields["python.version"] == (4, 3)
    assert fields["os.name"] == (4, 4)
