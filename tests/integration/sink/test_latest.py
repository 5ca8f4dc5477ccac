"""L1–L4: latest rows in Postgres do not depend on order, grouping or repetition of a version's events."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.builds.latest import join, row_of
from sinks.builds.rows import LATEST_COLUMNS, Contents, latest_row, packed_from_columns, packed_row
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import SECOND, T0, build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database

LATEST = "SELECT to_jsonb(latest_builds) FROM headcount_store.latest_builds ORDER BY successful, project_id, version_id"

status = st.sampled_from(["ok", "ok", "empty", "missing", "error", "timeout"])
events = st.lists(
    st.builds(
        lambda build, attempt, version, success, at, statuses, python: build_event(
            str(build),
            attempt=attempt,
            version=version,
            success=success,
            started_at=T0 + at * SECOND,
            statuses=statuses,
            python=python,
            conda=(("a", "main", str(build)),),
        ),
        st.integers(1, 3),
        st.integers(1, 2),
        st.sampled_from(["v1", "v2"]),
        st.booleans(),
        st.integers(0, 3),
        st.fixed_dictionaries(dict.fromkeys(("pip_all", "apt_all", "conda_all", "python", "config_user"), status)),
        st.sampled_from(["3.9", "3.12"]),
    ),
    min_size=1,
    max_size=6,
)


def apply_grouped(db: Database, groups: list[list[dict[str, Any]]], rows: Rows) -> tuple[list[Any], int]:
    for table in ("latest_builds", "builds", "positions", "ledger_rows"):
        rows(f"TRUNCATE headcount_store.{table}")
    writer = Writer(db.sink)
    partition = Partition(writer)
    for offset, group in enumerate(groups):
        partition.apply(clean_record(offset, group))
    writer.close()
    return rows(LATEST), rows.one("SELECT sum(added) FROM headcount.ledger")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), given_events=events)
def test_L1_any_order_grouping_and_repetition_gives_the_same_rows(
    db: Database, rows: Rows, data: st.DataObject, given_events: list[dict[str, Any]]
) -> None:
    expected = apply_grouped(db, [given_events], rows)
    again = data.draw(st.permutations(given_events + data.draw(st.lists(st.sampled_from(given_events), max_size=3))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(again)), max_size=3)))
    groups = [again[start:end] for start, end in zip([0, *cuts], [*cuts, len(again)], strict=True)]
    assert apply_grouped(db, groups, rows) == expected


@given(given_events=events)
def test_L1_postgres_holds_what_the_shared_merge_says(given_events: list[dict[str, Any]]) -> None:
    """Packing, storing as columns and reading back commute with the join of `schemas.builds.latest`."""
    contents = Contents()
    merged: Any = None
    stored: Any = None
    for event in given_events:
        merged = join(merged, row_of(event))
        packed = packed_row(event, contents)
        before = None if stored is None else packed_from_columns(stored)
        stored = latest_row(False, join(before, packed))  # type: ignore[arg-type]  # packed is not null
    columns = dict(zip((name for name, _ in LATEST_COLUMNS), stored, strict=True))
    assert (columns["build_id"], columns["event_id"]) == (merged["order"]["build_id"], merged["order"]["event_id"])
    for part, known in merged["parts"].items():
        assert columns[f"{part}_known_event_id"] == (known and known["known"]["event_id"])
    python = merged["parts"]["python"]
    assert columns["python_version"] == (python and python["value"]["version"])


@pytest.fixture
def partition(db: Database) -> Any:
    writer = Writer(db.sink)
    yield Partition(writer)
    writer.close()


def test_L4_an_early_failure_moves_the_facts_and_leaves_knowledge_as_it_was(partition: Partition, rows: Rows) -> None:
    dead = dict.fromkeys(("pip_all", "python", "apt_all", "os", "doctool", "config_user"), "missing")
    partition.apply(clean_record(0, [build_event("1", python="3.12.4")]))
    partition.apply(
        clean_record(1, [build_event("2", started_at=T0 + SECOND, success=False, python=None, pip=(), statuses=dead)])
    )
    assert rows("SELECT build_id, success, python_version, python_known_build_id FROM headcount.latest_builds") == [
        ("2", False, "3.12.4", "1")
    ]
    assert rows("SELECT build_id FROM headcount.latest_successful_builds") == [("1",)]
    assert rows.one("SELECT count(*) FROM headcount.latest_packages WHERE scope = 'all' AND ecosystem = 'pip'") == 2


def test_L4_from_conda_to_pip_makes_conda_empty(partition: Partition, rows: Rows) -> None:
    count = "SELECT count(*) FROM headcount.latest_packages WHERE ecosystem = 'conda'"
    partition.apply(clean_record(0, [build_event("1", conda=(("numpy", "conda-forge", "2.0"),))]))
    assert rows.one(count) == 1
    partition.apply(clean_record(1, [build_event("2", started_at=T0 + SECOND)]))
    assert rows.one(count) == 0


def test_L5_a_late_event_never_wins_by_arriving_last(partition: Partition, rows: Rows) -> None:
    partition.apply(clean_record(0, [build_event("2", started_at=T0 + SECOND)]))
    partition.apply(clean_record(1, [build_event("1")]))
    assert rows("SELECT build_id FROM headcount.latest_builds") == [("2",)]


def test_B19_what_conda_and_pip_both_list_is_one_package_and_pips_row_wins(partition: Partition, rows: Rows) -> None:
    conda = (("ruamel.yaml", "pypi", "0.18"), ("sphinx", "conda-forge", "8.1.3"), ("python", "conda-forge", "3.12"))
    partition.apply(
        clean_record(0, [build_event("1", pip=(("ruamel-yaml", "0.18"), ("sphinx", "8.1.3")), conda=conda)])
    )
    for view in ("latest_packages", "latest_successful_packages"):
        found = rows(
            f"SELECT ecosystem, name FROM headcount.{view} WHERE scope = 'all' AND ecosystem <> 'apt' ORDER BY 1, 2"
        )
        assert found == [("conda", "python"), ("pip", "ruamel-yaml"), ("pip", "sphinx")]
    found = rows(
        "SELECT ecosystem, name FROM headcount.package_projects('10 years') WHERE ecosystem <> 'apt' ORDER BY 1, 2"
    )
    assert found == [("conda", "python"), ("pip", "ruamel-yaml"), ("pip", "sphinx")]
