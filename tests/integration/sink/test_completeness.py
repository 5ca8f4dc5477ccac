"""M2, M3: completeness is added up with the facts, exactly once, and says by day what is known of what was expected."""

from collections.abc import Iterator
from typing import Any

import pytest

from headcount.metrics import Metrics
from headcount.postgres import connect
from schemas.builds.latest import PARTS
from sinks.builds.health import Health, count_health
from sinks.errors import MovedError
from sinks.query import ask
from sinks.writer import Writer
from tests.integration.sink.conftest import Clean, Rows, Steps
from tests.integration.sink.records import DAY, HOUR, T0, build_event, clean_record, collector
from tests.integration.sink.writing import Partition
from tests.stack import Database

Record = dict[str, Any]
RECEIVED = T0 + HOUR


class Asking:
    """Applies events and asks as the reader role does."""

    def __init__(self, db: Database) -> None:
        self._reader = db.reader
        self.writer = Writer(db.sink)
        self.partition = Partition(self.writer)

    def apply(self, *events: Record, received_at: int = RECEIVED) -> None:
        next_offset = self.partition.position.next_raw_offset
        self.partition.apply(clean_record(next_offset, list(events), received_at=received_at))

    def ask(self, name: str, **arguments: str) -> list[Record]:
        with connect(self._reader, application="test") as connection:
            answer = ask(connection, name, {"as_of": "2026-03-03"} | arguments)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


@pytest.fixture
def asking(db: Database) -> Iterator[Asking]:
    made = Asking(db)
    yield made
    made.writer.close()


def by(rows: list[Record], *names: str) -> dict[tuple[Any, ...], Record]:
    found = {tuple(row[name] for name in names): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_M3_share_by_day_collector_doc_tool_and_image(asking: Asking) -> None:
    mkdocs = {
        "name": "mkdocs",
        "version": "1.6.1",
        "extensions": ["search"],
        "html_theme": "material",
        "source": "static",
    }
    asking.apply(
        build_event("1"),
        build_event("2", statuses={"doctool": "missing"}),
        build_event("3", statuses={"doctool": "missing"}) | {"image": {"os": None, "name": None, "digest": None}},
        build_event("4") | {"doctool": mkdocs},
    )
    asking.apply(build_event("5", statuses={"doctool": "error"}), received_at=RECEIVED - DAY)
    rows = by(asking.ask("completeness"), "day", "collector", "doctool", "image")
    doctool = {
        (day.isoformat(), tool, image): (row["known"], row["builds"], row["share"])
        for (day, name, tool, image), row in rows.items()
        if name == "doctool"
    }
    assert doctool == {
        ("2026-03-02", "sphinx", "ubuntu-24.04"): (1, 2, 0.5),
        ("2026-03-02", "sphinx", None): (0, 1, 0.0),
        ("2026-03-02", "mkdocs", "ubuntu-24.04"): (1, 1, 1.0),
        ("2026-03-01", "sphinx", "ubuntu-24.04"): (0, 1, 0.0),
    }
    assert {name for _, name, _, _ in rows} == set(PARTS)
    assert all(row["share"] == 1 for (_, name, _, _), row in rows.items() if name not in ("doctool", "conda_all"))


def test_M3_what_is_not_expected_is_in_no_share(asking: Asking) -> None:
    early = build_event("2", success=False, statuses=dict.fromkeys(PARTS, "missing"))
    early["build"]["failure"] = {"stage": "config", "error": "unknown_key"}
    asking.apply(build_event("1"), early)
    rows = {row["collector"]: row for row in asking.ask("completeness")}
    python, conda = rows["python"], rows["conda_all"]
    assert (python["builds"], python["known"], python["expected"], python["share"]) == (2, 1, 1, 1.0)
    assert (conda["builds"], conda["known"], conda["expected"], conda["share"]) == (2, 1, 0, None)


def test_M3_statuses_are_kept_apart(asking: Asking, rows: Rows) -> None:
    cut = build_event("4")
    cut["collectors"]["apt_all"] = collector("ok", truncated=True)
    statuses = ("ok", "timeout", "error")
    asking.apply(*(build_event(status, statuses={"apt_all": status}) for status in statuses), cut)
    found = rows(
        "SELECT status, builds, known, expected, expected_known FROM headcount_store.collector_health_daily"
        " WHERE collector = 'apt_all' ORDER BY status"
    )
    assert found == [("error", 1, 0, 1, 0), ("ok", 2, 1, 2, 1), ("timeout", 1, 0, 1, 0)]


def test_M2_filled_of_expected_by_field(asking: Asking) -> None:
    themeless = build_event("2")
    themeless["doctool"]["html_theme"] = None
    asking.apply(build_event("1"), themeless, build_event("3", conda=(("numpy", None, "2.1.0"),)))
    fields = {row["field"]: (row["filled"], row["expected"], row["share"]) for row in asking.ask("field_completeness")}
    assert fields["event_id"] == (3, 3, 1.0)
    assert fields["doctool.html_theme"] == (2, 3, 0.6667)
    assert fields["packages.conda.all.name"] == (1, 1, 1.0)
    assert fields["packages.conda.all.channel"] == (0, 1, 0.0)
    assert "image.digest" not in fields


def test_M4_shares_of_private_other_unparsed_and_dropped(asking: Asking) -> None:
    event = build_event("1")
    event["collectors"]["pip_all"] |= {"count": 40, "private": 10}
    event["collectors"]["pip_declared"] |= {"count": 3, "unparsed": 1}
    event["collectors"]["conda_all"] |= {"count": -4, "unparsed": -2, "dropped_keys": -1}
    event["collectors"]["pip_root"] |= {"count": 4, "dropped_keys": 8}
    event["doctool"] |= {"extensions": ["(private)", "myst_parser"], "html_theme": "(private)"}
    event["os"]["id"] = "(other)"
    asking.apply(event)
    shares = {(row["measure"], row["name"]): (row["hidden"], row["total"]) for row in asking.ask("hidden_values")}
    assert shares["private", "pip_all"] == (10, 40)
    assert shares["private", "doctool.extensions"] == (1, 2)
    assert shares["private", "doctool.html_theme"] == (1, 1)
    assert shares["unparsed", "pip_declared"] == (1, 4)
    assert shares["dropped_keys", "pip_root"] == (8, 4)
    assert shares["other", "os.id"] == (1, 1)
    assert shares["other", "build.status"] == (0, 1)
    assert not any(name == "conda_all" for _, name in shares)


def test_M3_an_event_counts_once_on_the_day_of_its_receipt(asking: Asking, rows: Rows) -> None:
    """Neither the tie rule, another attempt, retention nor a repeated transaction changes what a day says."""
    builds = "SELECT sum(builds) FROM headcount_store.collector_health_daily WHERE collector = 'python'"
    first = build_event("1", started_at=T0 - 9 * DAY)
    asking.apply(first, build_event("1", started_at=T0 - 9 * DAY, event_id="f" * 32))
    assert rows.one(builds) == 2
    assert rows("SELECT DISTINCT day::text FROM headcount_store.collector_health_daily") == [("2026-03-02",)]
    batch = asking.partition.batch(clean_record(1, [build_event("2")]))
    asking.writer.apply(batch)
    with pytest.raises(MovedError):
        asking.writer.apply(batch)
    rows("DELETE FROM headcount_store.builds")
    assert rows.one(builds) == 3
    assert rows.one("SELECT sum(whole) FROM headcount_store.completeness_hours WHERE name = 'event_id'") == 3
    assert rows.one("SELECT sum(whole) FROM headcount_store.completeness_daily WHERE name = 'event_id'") == 3


def test_M3_an_event_that_cannot_be_stored_was_received_all_the_same(asking: Asking, rows: Rows) -> None:
    asking.apply(build_event("1", started_at=T0 - 4000 * DAY), build_event("2"))
    assert rows.one("SELECT count(*) FROM headcount_store.poison_rows") == 1
    assert [row["builds"] for row in asking.ask("completeness") if row["collector"] == "python"] == [2]


def test_M3_retirements_are_no_builds(asking: Asking, rows: Rows) -> None:
    asking.apply(build_event("1") | {"kind": "version_retired"})
    assert rows.one("SELECT count(*) FROM headcount_store.collector_health_daily") == 0


def test_M3_no_key_is_a_clients(asking: Asking, rows: Rows) -> None:
    event = build_event("1", statuses={"python": "alice@example.org"})
    event["collectors"]["secret-collector"] = collector("ok")
    event["doctool"]["name"] = "acme-docs"
    event["image"]["os"] = "Acme Linux\0"
    Health().add(event, RECEIVED)
    event["image"]["os"] = "Acme Linux"
    asking.apply(event)
    words = rows("SELECT DISTINCT collector, doctool, image_os FROM headcount_store.collector_health_daily")
    assert {row[1:] for row in words} == {("(other)", "(other)")}
    assert {row[0] for row in words} == set(PARTS)
    assert rows("SELECT DISTINCT status FROM headcount_store.collector_health_daily WHERE collector = 'python'") == [
        ("(other)",)
    ]


def test_M2_the_metrics_hold_what_the_tables_hold() -> None:
    health, metrics = Health(), Metrics()
    themeless = build_event("2", statuses={"doctool": "missing"})
    themeless["doctool"]["html_theme"] = None
    health.add(build_event("1"), RECEIVED)
    health.add(themeless, RECEIVED + HOUR)
    count_health(metrics, health)
    text = metrics.render().decode()
    assert 'headcount_collector_expected_total{collector="doctool"} 2.0' in text
    assert 'headcount_collector_known_total{collector="doctool"} 1.0' in text
    assert 'headcount_field_expected_total{field="doctool.html_theme"} 2.0' in text
    assert 'headcount_field_filled_total{field="doctool.html_theme"} 1.0' in text
    assert 'headcount_hidden_values_total{kind="private"} 0.0' in text


def test_M2_the_sink_counts_what_it_has_committed(clean: Clean, rows: Rows, make: Any) -> None:
    clean.write(0, clean.record(0, [build_event("1"), build_event("2", statuses={"os": "error"})]))
    steps: Steps = make()
    steps.until(lambda: rows.one("SELECT count(*) FROM headcount_store.builds") == 2)
    text = steps.metrics.render().decode()
    assert 'headcount_collector_expected_total{collector="os"} 2.0' in text
    assert 'headcount_collector_known_total{collector="os"} 1.0' in text
    assert 'headcount_field_filled_total{field="event_id"} 2.0' in text
