"""Views by value where they once miscounted, or where nobody had asked: Q4, Q8, Q10, Q11, defaults, the unknown."""

import json
from typing import Any

import pytest

from headcount.postgres import connect
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import DAY, SECOND, T0, build_event
from tests.integration.sink.test_views import Asking, asking, counts
from tests.stack import Database

__all__ = ["asking"]

EXTERNAL = {"id": "9", "slug": "9", "kind": "external", "default": False}


def version(slug: str, *, default: bool = False) -> dict[str, Any]:
    return {"id": slug, "slug": slug, "kind": "branch", "default": default}


def system(name: str, number: str | None, id_: str | None) -> dict[str, Any]:
    return {"name": name, "version": number, "id": id_}


def test_Q4_systems_without_a_dotted_number_are_told_apart_and_sort(asking: Asking) -> None:
    names = [f"Debian GNU/Linux {n} (name)" for n in (9, 12, 10)]
    asking.apply(
        *(build_event(name, project=name, os=system(name, None, "debian")) for name in names),
        build_event("u", project="u", os=system("Ubuntu 24.04.1 LTS", "24.04.1", "ubuntu")),
    )
    rows = asking.ask("os_projects")
    assert counts(rows, "os", "os_version") == {("ubuntu", "24.04"): 1} | {("debian", name): 1 for name in names}
    debian = sorted((row for row in rows if row["os"] == "debian"), key=lambda row: row["sort_key"])
    assert [row["os_version"] for row in debian] == [names[0], names[2], names[1]]
    (hit,) = asking.ask("projects_hit", kind="os", value="debian", detail=names[1])
    assert hit["project_id"] == names[1]


def test_Q4_build_os_by_default_versions_adds_up(asking: Asking) -> None:
    def image(name: str) -> dict[str, Any]:
        return {"os": name, "name": name, "digest": None}

    asking.apply(
        build_event("1", project="p1", image=image("ubuntu-20.04")) | {"version": version("latest")},
        build_event("2", project="p1", image=image("ubuntu-24.04"), started_at=T0 + SECOND)
        | {"version": version("v2")},
        build_event("3", project="p2", image=image("ubuntu-24.04")) | {"version": version("main", default=True)},
        build_event("4", project="p2", image=image("ubuntu-22.04")) | {"version": version("latest")},
    )
    rows = asking.ask("build_os_projects_default")
    assert {row["build_os"]: (row["projects"], row["projects_in_all_rows"]) for row in rows} == {
        "ubuntu-20.04": (1, 1),
        "ubuntu-24.04": (1, 1),
    }
    assert counts(asking.ask("build_os_projects"), "build_os") == {
        "ubuntu-20.04": 1,
        "ubuntu-22.04": 1,
        "ubuntu-24.04": 2,
    }


def test_Q8_an_extension_counts_in_whatever_version_and_the_unknown_has_its_rows(asking: Asking) -> None:
    asking.apply(
        *(
            build_event(
                str(n), project=f"p{n}", pip=(("sphinx-copybutton", f"{n % 4}.0"), ("myst-parser", f"{n % 3}.1"))
            )
            for n in range(12)
        ),
        build_event("x", project="x", statuses={"pip_all": "error", "doctool": "error"}),
    )
    assert counts(asking.ask("extension_projects"), "extension", "seen_as") == {
        ("sphinx-copybutton", "package"): 12,
        ("myst-parser", "package"): 12,
        ("myst_parser", "module"): 12,
        (None, "module"): 1,
        (None, "package"): 1,
    }


def test_Q10_themes_with_the_unknown_and_without_pull_requests(asking: Asking) -> None:
    def themed(number: int, theme: str | None, **more: Any) -> dict[str, Any]:
        event = build_event(str(number), project=f"p{number}", **more)
        event["doctool"]["html_theme"] = theme
        return event

    asking.apply(
        themed(1, "furo"),
        themed(2, "furo"),
        themed(3, "alabaster"),
        themed(4, None),
        themed(5, "furo", statuses={"doctool": "missing"}),
        themed(6, "furo") | {"version": EXTERNAL},
        themed(7, "furo", success=False),
        themed(8, "alabaster", started_at=T0 - 91 * DAY),
    )
    rows = asking.ask("theme_projects")
    assert counts(rows, "html_theme") == {"furo": 2, "alabaster": 1, None: 3}
    assert {row["html_theme"]: row["share"] for row in rows} == {"furo": 0.3333, "alabaster": 0.1667, None: 0.5}
    assert counts(asking.ask("theme_projects_default"), "html_theme") == {"furo": 2, "alabaster": 1, None: 3}


def test_Q11_version_control_of_twelve_months_where_builds_are_kept_for_six(asking: Asking, rows: Rows) -> None:
    def controlled(number: int, vcs: str | None, *, days: int) -> dict[str, Any]:
        event = build_event(str(number), project=f"p{number}", started_at=T0 - days * DAY)
        event["build"]["vcs"] = vcs
        return event

    asking.apply(
        controlled(1, "git", days=0),
        controlled(2, "hg", days=200),
        controlled(3, "svn", days=364),
        controlled(4, "bzr", days=367),
        controlled(5, None, days=100),
        controlled(6, "hg", days=100) | {"version": EXTERNAL},
    )
    rows("DELETE FROM headcount_store.builds WHERE started_at < %s::timestamptz - interval '180 days'", "2026-03-02")
    rows("INSERT INTO headcount_store.project_flags (project_id, flag) VALUES ('p2', 'spam')")
    assert counts(asking.ask("vcs_projects"), "vcs") == {"git": 1, "svn": 1, None: 2}
    rows("DELETE FROM headcount_store.project_flags")
    assert counts(asking.ask("vcs_projects"), "vcs") == {"git": 1, "svn": 1, "hg": 1, None: 2}


def test_B41_a_latest_row_in_the_window_is_a_success_where_builds_are_kept_no_more(asking: Asking, rows: Rows) -> None:
    asking.apply(build_event("1", project="p1", started_at=T0 - 190 * DAY), build_event("2", project="p2"))
    rows("DELETE FROM headcount_store.builds WHERE project_id = 'p1'")
    assert [row["project_id"] for row in asking.ask("active_projects")] == ["p2"]
    (first, second) = asking.ask("active_projects", window="200 days")
    assert (first["project_id"], first["project_slug"], first["successful_builds"]) == ("p1", "slug-p1", 0)
    assert (second["project_id"], second["successful_builds"]) == ("p2", 1)


def test_Q6_a_project_of_pull_requests_alone_is_unknown(asking: Asking) -> None:
    asking.apply(build_event("1", project="p1") | {"version": EXTERNAL}, build_event("2", project="p2"))
    found = counts(asking.ask("config_key_projects_default"), "key", "value")
    assert found == {("version", "2"): 1, (None, None): 1}


def test_Q13_a_rerun_that_failed_makes_its_build_a_failure(asking: Asking) -> None:
    asking.apply(
        build_event("1", project="worse"),
        build_event("1", project="worse", attempt=2, started_at=T0 + SECOND, success=False),
        *(build_event(str(n), project="old", started_at=T0 + n * SECOND, success=n < 3) for n in range(1, 30)),
    )
    found = {row["project_id"]: row["builds"] for row in asking.ask("failing_projects")}
    assert found == {"worse": 1, "old": 25}
    assert [row["project_id"] for row in asking.ask("failing_projects", last="28")] == ["worse"]


def test_B43_documents_are_made_for_what_is_read_and_as_the_reader(asking: Asking, db: Database) -> None:
    asking.apply(*(build_event(str(n), project=f"p{n}") for n in range(3)))
    with connect(db.reader, application="test") as connection:
        rows = connection.execute(
            b"SELECT project_id, document FROM headcount.build_documents WHERE project_slug = 'slug-p1'"
        ).fetchall()
        assert [(row[0], json.loads(row[1])["build"]["id"]) for row in rows] == [("p1", "1")]
        plan = connection.execute(b"EXPLAIN VERBOSE SELECT count(*) FROM headcount.build_documents").fetchall()
        assert "document_text" not in str(plan)
        with pytest.raises(Exception, match="permission denied"):
            connection.execute(b"SELECT headcount_inner.document_text(NULL)")


@pytest.mark.parametrize(
    ("ecosystem", "ordered"),
    [
        ("pip", ["not a version", "1.0.dev1", "1.0rc1", "1.0", "1.0.post1", "9.0", "10.0", "1!0.1"]),
        ("apt", ["1.0~rc1-1", "1.0-1", "1.0-1+b2", "9.0-1", "10.0-1", "1:0.1-1"]),
        ("conda", ["0.5a1", "0.5", "0.960923", "1.1dev1", "1.1", "1.1post1", "9", "10"]),
    ],
)
def test_S4_a_plain_order_by_sorts_versions(asking: Asking, rows: Rows, ecosystem: str, ordered: list[str]) -> None:
    for number, value in enumerate(reversed(ordered)):
        event = build_event(str(number), project=f"p{number}", pip=(), apt=(), conda=())
        packages = event["packages"][ecosystem]["all"]
        packages.append({"name": "one", "version": value} | ({"channel": None} if ecosystem == "conda" else {}))
        event["collectors"]["conda_all"]["status"] = "ok"
        asking.apply(event)
    found = rows(
        "SELECT version FROM headcount.latest_packages WHERE ecosystem = %s AND scope = 'all' ORDER BY sort_key",
        ecosystem,
    )
    assert [version for (version,) in found] == ordered


def test_every_view_and_each_of_its_columns_says_what_it_is(rows: Rows) -> None:
    silent = rows(
        "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0"
        " WHERE relnamespace = 'headcount'::regnamespace AND relkind = 'v'"
        " AND (col_description(attrelid, attnum) IS NULL OR obj_description(pg_class.oid, 'pg_class') IS NULL)"
    )
    assert silent == []
    assert rows.one("SELECT count(*) FROM pg_views WHERE schemaname = 'headcount'") > 35


def test_views_by_value_are_there_for_default_versions_too(rows: Rows) -> None:
    names = {name for (name,) in rows("SELECT viewname FROM pg_views WHERE schemaname = 'headcount'")}
    for name in ("python", "os", "image", "theme", "doctool", "flag", "vcs", "build_os", "package"):
        assert {f"{name}_projects", f"{name}_projects_default"} <= names
