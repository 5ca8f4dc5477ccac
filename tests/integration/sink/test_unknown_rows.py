"""M3: every view that counts projects has the unknown as a row of its own. The views are listed from the catalog."""

from typing import Any

import pytest

from headcount.postgres import connect
from schemas.builds.latest import PARTS
from sinks.query import ask
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database

Record = dict[str, Any]
COUNTS = {"projects", "projects_in_all_rows", "share", "sort_key", "active_projects", "unknown"}
BESIDE = {"week", "ecosystem", "seen_as", "kind"}
"""Columns that say where a value was looked for, and so are known of the unknown too."""

COUNTING = """
SELECT proname FROM pg_proc
WHERE pronamespace = 'headcount'::regnamespace
    AND pronargs = pronargdefaults
    AND NOT starts_with(proname, 'reported') -- the report's own, which it lays beside the views that have the unknown
    AND 'projects' = ANY (proargnames[pronargs + 1:]) AND 'as_of' = ANY (proargnames)
ORDER BY proname
"""


@pytest.fixture
def db_with_an_unknown_project(db: Database) -> Database:
    """One project of which all is known, one of which nothing is but that it built."""
    writer = Writer(db.sink)
    unknown = build_event("2", project="p2", user=None, python=None, statuses=dict.fromkeys(PARTS, "error"))
    unknown["packages"] = {
        "pip": {"declared": [], "root": [], "all": []},
        "conda": {"all": []},
        "apt": {"declared": [], "all": []},
    }
    unknown["build"]["vcs"] = None
    unknown["config"] = {"user": None, "final": None}
    unknown |= {
        "image": {"os": None, "name": None, "digest": None},
        "os": {"name": None, "version": None, "id": None},
        "doctool": {"name": None, "version": None, "extensions": [], "html_theme": None, "source": None},
    }
    Partition(writer).apply(clean_record(0, [build_event("1", project="p1"), unknown]))
    writer.close()
    return db


def is_of_the_unknown(row: Record) -> bool:
    values = [value for name, value in row.items() if name not in COUNTS | BESIDE]
    return row.get("unknown", 0) > 0 or (
        bool(values) and all(value is None for value in values) and row["projects"] > 0
    )


def test_M3_every_count_view_has_its_unknown(db_with_an_unknown_project: Database, rows: Rows) -> None:
    names = [name for (name,) in rows(COUNTING)]
    assert {"python_projects", "package_projects", "theme_projects", "vcs_projects", "adoption_weekly"} <= set(names)
    lacking = []
    with connect(db_with_an_unknown_project.reader, application="test") as connection:
        for name in names:
            answer = ask(connection, name, {"as_of": "2026-03-03"})
            found = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
            is_by_value = "unknown" in answer.columns or bool({*answer.columns} - COUNTS - BESIDE)  # else: one total
            if is_by_value and not any(map(is_of_the_unknown, found)):
                lacking.append((name, found))
    assert lacking == []


def test_M3_a_value_and_the_unknown_are_different_rows(db_with_an_unknown_project: Database) -> None:
    with connect(db_with_an_unknown_project.reader, application="test") as connection:
        answer = ask(connection, "theme_projects", {"as_of": "2026-03-03"})
    found = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    assert {(row["html_theme"], row["projects"]) for row in found} == {("furo", 1), (None, 1)}
