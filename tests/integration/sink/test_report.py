"""The decision report on a real database: what it counts, that it moves, and that nothing private is in any format (P7)."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from headcount.cli import cli
from headcount.errors import HeadcountError
from headcount.postgres import connect
from sinks.writer import Writer
from tests.integration.sink.records import DAY, T0, build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database

PROJECTS = 12
WEEKS = 10
WINDOW = ("--from", "2025-12-02", "--to", "2026-03-03")
SECRET = ("hidden-one", "hidden-two", "acme_secret_theme", "3.7")
"""What only the private projects have."""


def builds() -> Iterator[dict[str, Any]]:
    """Twelve projects over ten weeks that leave Python 3.9 one after the other; two private ones; one that is flagged."""
    for week in range(WEEKS):
        at = T0 - (WEEKS - 1 - week) * 7 * DAY
        for number in range(PROJECTS):
            project = f"open-{number}"
            python = "3.9.1" if number > week else "3.12.4"
            user = json.dumps({"version": 2, "python": {"system_packages": True}} if number < 2 else {"version": 2})
            yield build_event(f"{week}-{number}", project=project, started_at=at, python=python, user=user)
        for name in SECRET[:2]:
            private = {"id": name, "slug": name, "private": True}
            tool = {"name": "sphinx", "version": "8.1.3", "extensions": [], "html_theme": SECRET[2], "source": "static"}
            yield build_event(f"{week}-{name}", started_at=at, python="3.7.1") | {"project": private, "doctool": tool}
        yield build_event(f"{week}-spam", project="spam", started_at=at, python="2.7.1")
    yield build_event("bad", project="broken", success=False)
    yield build_event("bad-hidden", success=False) | {
        "project": {"id": "hidden-3", "slug": "hidden-three", "private": True}
    }


@pytest.fixture
def reader(db: Database) -> str:
    writer = Writer(db.sink)
    partition = Partition(writer)
    partition.apply(clean_record(partition.position.next_raw_offset, list(builds())))
    writer.close()
    with connect(db.owner, application="test", autocommit=True) as connection:
        connection.execute("INSERT INTO headcount.project_flags (project_id, flag) VALUES ('spam', 'spam')")
    return db.reader


def report(reader: str, *words: str) -> Result:
    result = CliRunner().invoke(cli, ["report", "builds", *WINDOW, *words], env={"HEADCOUNT_DATABASE_READER": reader})
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def rows(reader: str, *words: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report(reader, "--format", "csv", *words).output)))


def by_value(found: list[dict[str, str]], question: str) -> dict[str, dict[str, str]]:
    return {row["value"]: row for row in found if row["question"] == question and not row["series"]}


def test_what_a_removal_would_hit_who_and_how_it_moves(reader: str) -> None:
    found = rows(reader)
    pythons = by_value(found, "python")
    assert set(pythons) == {"CPython 3.9", "CPython 3.12"}
    old = pythons["CPython 3.9"]
    assert (old["projects"], old["default_projects"], old["or_older"]) == ("2", "2", "2")
    assert json.loads(old["who"]) == ["slug-open-10", "slug-open-11"]
    assert float(old["share"]) == pytest.approx(2 / 12, abs=1e-4)
    # The week that is still running is left out.
    assert (old["weeks"], float(old["first_share"])) == (
        str(WEEKS - 1),
        pytest.approx(sum((11, 10, 9, 8)) / 48, abs=1e-4),
    )
    assert float(old["last_share"]) < 0.5
    keys = by_value(found, "config")
    assert json.loads(keys["python.system_packages"]["who"]) == ["slug-open-0", "slug-open-1"]
    sphinx = [row for row in found if row["question"] == "package" and row["value"] == "sphinx"]
    assert [(row["series"], row["projects"]) for row in sphinx] == [("", "12"), ("8.x", "12")]
    assert sphinx[0]["weeks"] == str(WEEKS - 1)
    assert by_value(found, "build.os")["ubuntu-24.04"]["projects"] == "12"
    assert by_value(found, "extension")["myst_parser"]["projects"] == "12"


def test_P7_a_private_project_is_in_no_report_and_no_export(reader: str) -> None:
    for words in ((), ("--public",), ("--project", "open-1")):
        for form in ("html", "csv", "parquet"):
            content = report(reader, "--format", form, *words).stdout_bytes
            if form == "parquet":
                content = repr(pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()).encode()
            text = re.sub(r"builds with|<title>.*?</title>|<h1>.*?</h1>", "", content.decode())
            for secret in (*SECRET, "hidden-three", "spam", "2.7"):
                assert f">{secret}" not in text, (words, form, secret)
                assert f"'{secret}" not in text, (words, form, secret)
                assert f"CPython {secret}" not in text, (words, form, secret)
            if "open-1" not in words:
                assert "acme_secret_theme" not in text
    assert "2 active projects are private, and in no figure here" in report(reader).output


@pytest.mark.parametrize("project", ["hidden-one", "slug-hidden-one", "nobody"])
def test_P7_a_private_project_has_a_report_as_little_as_one_that_is_not_there(reader: str, project: str) -> None:
    words = ["report", "builds", *WINDOW, "--project", project]
    result = CliRunner().invoke(cli, words, env={"HEADCOUNT_DATABASE_READER": reader})
    assert isinstance(result.exception, HeadcountError)
    assert result.exception.what == "there is nothing to report of such a project in these days"
    assert not result.output


def test_for_others_no_small_figure_and_no_name(reader: str) -> None:
    found = rows(reader, "--public")
    # Two on 3.9 are too few, and ten of twelve would tell them.
    assert by_value(found, "python") == {}
    assert all(int(row["projects"]) >= 5 and not row["who"] and not row["or_older"] for row in found)
    page = report(reader, "--public").output
    assert "open-" not in page
    assert "Fewer than 5 active projects are private" in page
    assert "broken" not in page


def test_the_page_names_what_only_fails_and_what_is_complete(reader: str) -> None:
    page = report(reader).output
    assert "Projects that only fail" in page
    assert "<b>slug-broken</b>" in page
    assert "hidden-three" not in page
    assert page.count("<polyline") > 5
