"""B39: the decision queries on plain Postgres, with a fixed `as_of`: what they count, and that versions sort as versions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from headcount.errors import HeadcountError
from headcount.postgres import connect
from sinks.query import ask
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import DAY, SECOND, T0, build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database

AS_OF = {"as_of": "2026-03-03"}


class Asking:
    """Applies events and asks as the reader role does."""

    def __init__(self, db: Database) -> None:
        self._reader = db.reader
        self._writer = Writer(db.sink)
        self._partition = Partition(self._writer)

    def apply(self, *events: dict[str, Any]) -> None:
        self._partition.apply(clean_record(self._partition.position.next_raw_offset, list(events)))

    def ask(self, name: str, **arguments: str) -> list[dict[str, Any]]:
        with connect(self._reader, application="test") as connection:
            answer = ask(connection, name, AS_OF | arguments if name != "build_documents" else arguments)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
def asking(db: Database) -> Iterator[Asking]:
    asking = Asking(db)
    yield asking
    asking.close()


def counts(rows: list[dict[str, Any]], *names: str) -> dict[Any, int]:
    return {tuple(row[name] for name in names) if len(names) > 1 else row[names[0]]: row["projects"] for row in rows}


def test_Q1_a_project_counts_once_a_series_and_the_unknown_has_a_row(asking: Asking) -> None:
    asking.apply(
        build_event("1", project="p1", version="a", pip=(("sphinx", "1.8"),)),
        build_event("2", project="p1", version="b", pip=(("sphinx", "1.9"),)),
        build_event("3", project="p1", version="c", pip=(("sphinx", "10.0"),)),
        build_event("4", project="p2", pip=(("sphinx", "9.1"),)),
        build_event("5", project="p3", pip=(), statuses={"pip_all": "error"}),
        build_event("6", project="p4", pip=(("sphinx", "9.1"),), success=False),
    )
    rows = asking.ask("package_projects", package="sphinx")
    pip = [row for row in rows if row["ecosystem"] == "pip"]
    assert counts(pip, "name", "series") == {
        ("sphinx", "1"): 1,
        ("sphinx", "10"): 1,
        ("sphinx", "9"): 1,
        (None, None): 1,
    }
    known = sorted((row for row in pip if row["name"]), key=lambda row: row["sort_key"])
    assert [row["series"] for row in known] == ["1", "9", "10"]


def test_Q1_default_versions_add_up(asking: Asking) -> None:
    def version(slug: str, default: bool) -> dict[str, Any]:
        return {"id": slug, "slug": slug, "kind": "branch", "default": default}

    old, new = (("sphinx", "1.8"),), (("sphinx", "8.0"),)
    events = [
        # The default one; else `latest`; else the newest successful.
        build_event("1", project="p1", pip=old) | {"version": version("main", True)},
        build_event("2", project="p1", pip=new) | {"version": version("latest", False)},
        build_event("3", project="p2", pip=old) | {"version": version("latest", False)},
        build_event("4", project="p2", pip=new, started_at=T0 + SECOND) | {"version": version("v2", False)},
        build_event("5", project="p3", pip=old) | {"version": version("v1", False)},
        build_event("6", project="p3", pip=new, started_at=T0 + SECOND) | {"version": version("v2", False)},
    ]
    asking.apply(*events)
    pip = [row for row in asking.ask("package_projects_default", package="sphinx") if row["ecosystem"] == "pip"]
    assert counts(pip, "series") == {"1": 2, "8": 1}


def test_Q3_by_implementation_and_minor_sorted_as_versions(asking: Asking) -> None:
    pythons = ["3.9.1", "3.12.4", "3.12.9", "2.7.18", None]
    asking.apply(
        *(
            build_event(str(n), project=f"p{n}", python=python, statuses={} if python else {"python": "error"})
            for n, python in enumerate(pythons)
        )
    )
    rows = asking.ask("python_projects")
    assert counts(rows, "implementation", "python") == {
        ("CPython", "3.9"): 1,
        ("CPython", "3.12"): 2,
        ("CPython", "2.7"): 1,
        (None, None): 1,
    }
    ordered = sorted((row for row in rows if row["python"]), key=lambda row: row["sort_key"])
    assert [row["python"] for row in ordered] == ["2.7", "3.9", "3.12"]
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_pull_requests_do_not_count_and_a_part_counts_by_its_own_time(asking: Asking) -> None:
    external = {"id": "9", "slug": "9", "kind": "external", "default": False}
    asking.apply(
        build_event("1", project="p1", python="3.8") | {"version": external},
        build_event("2", project="p2", python="3.7", started_at=T0 - 100 * DAY),
        build_event("3", project="p2", python=None, statuses={"python": "error"}),
    )
    assert counts(asking.ask("python_projects"), "python") == {None: 2}
    assert counts(asking.ask("python_projects", window="200 days"), "python") == {None: 1, "3.7": 1}


def test_Q4_build_os_in_the_window_and_in_all_rows_and_the_real_system(asking: Asking) -> None:
    image = {"os": "ubuntu-20.04", "name": "builder:20", "digest": None}
    asking.apply(
        build_event("1", project="p1", image=image),
        build_event("2", project="p2", image=image, started_at=T0 - 100 * DAY),
        build_event("3", project="p3"),
    )
    rows = asking.ask("build_os_projects")
    assert {row["build_os"]: (row["projects"], row["projects_in_all_rows"]) for row in rows} == {
        "ubuntu-20.04": (1, 2),
        "ubuntu-24.04": (1, 1),
    }
    assert counts(asking.ask("os_projects"), "os", "os_version") == {("ubuntu", "24.04"): 2}


def test_Q5_images_of_the_last_15_days(asking: Asking) -> None:
    asking.apply(build_event("1", project="p1"), build_event("2", project="p2", started_at=T0 - 20 * DAY))
    assert counts(asking.ask("image_projects"), "image") == {"builder:ubuntu-24.04": 1}


def test_Q6_keys_that_people_wrote_themselves(asking: Asking) -> None:
    asking.apply(
        build_event("1", project="p1", user='{"version": 1, "build": {"image": "latest"}}'),
        build_event("2", project="p2", user='{"version": 2, "python": {"system_packages": true, "install": []}}'),
        build_event("3", project="p3", user=None, statuses={"config_user": "empty"}),
        build_event("4", project="p4", user=None, statuses={"config_user": "error"}),
    )
    found = counts(asking.ask("config_key_projects_default"), "key", "value")
    assert found == {
        ("version", "1"): 1,
        ("version", "2"): 1,
        ("build", None): 1,
        ("build.image", "latest"): 1,
        ("python", None): 1,
        ("python.system_packages", "true"): 1,
        ("python.install", None): 1,
        ("(no file)", None): 1,
        (None, None): 1,
    }


def test_Q7_flags_and_Q10_themes_and_Q11_vcs(asking: Asking) -> None:
    flagged = build_event("1", project="p1")
    flagged["build"]["flags"] = ["no_index_page"]
    plain = build_event("2", project="p2", statuses={"doctool": "missing"})
    asking.apply(flagged, plain)
    assert counts(asking.ask("flag_projects"), "flag") == {"no_index_page": 1, None: 1}
    assert counts(asking.ask("theme_projects"), "html_theme") == {"furo": 1, None: 1}
    assert counts(asking.ask("vcs_projects"), "vcs") == {"git": 2}


def test_Q8_extensions_without_what_sphinx_brings_along(asking: Asking) -> None:
    pip = (("sphinx", "8.1"), ("sphinxcontrib-jsmath", "1.0"), ("sphinx-copybutton", "0.5"))
    asking.apply(*(build_event(str(n), project=f"p{n}", pip=pip) for n in range(11)))
    assert counts(asking.ask("extension_projects"), "extension", "seen_as") == {
        ("myst_parser", "module"): 11,
        ("sphinx-copybutton", "package"): 11,
    }
    assert asking.ask("extension_projects", more_than="11") == []


def test_Q2_declared_beside_observed(asking: Asking) -> None:
    asking.apply(
        build_event("1", project="p1", pip=(("mkdocs", "0.17.3"),)),
        build_event("2", project="p2", user='{"mkdocs": {"configuration": "mkdocs.yml"}}'),
        build_event("3", project="p3", pip=(("mkdocs", "1.6.0"),)),
    )
    (row,) = asking.ask("declared_and_observed", up_to="0.17.3")
    assert (row["configured"], row["observed"], row["declared_or_configured_not_observed"]) == (1, 1, 1)


def test_Q12_minutes_count_all_attempts_and_steps_have_percentiles(asking: Asking) -> None:
    asking.apply(build_event("1"), build_event("1", attempt=2, started_at=T0 + SECOND))
    (row,) = asking.ask("build_minutes")
    assert (row["builds"], row["minutes"]) == (1, pytest.approx(94 * 2 / 60, abs=0.01))
    (step,) = asking.ask("step_seconds")
    assert (step["step"], step["times"], step["median_seconds"]) == ("install", 2, 31.2)


def test_Q13_projects_whose_builds_all_failed_by_their_newest_attempt(asking: Asking) -> None:
    asking.apply(
        build_event("1", project="bad", success=False),
        build_event("2", project="bad", success=False, started_at=T0 + SECOND),
        build_event("3", project="mended", success=False),
        build_event("3", project="mended", attempt=2, started_at=T0 + SECOND),
        build_event("4", project="good"),
    )
    assert [(row["project_id"], row["builds"], row["stage"]) for row in asking.ask("failing_projects")] == [
        ("bad", 2, "build")
    ]


@pytest.mark.parametrize(
    "cell",
    [
        {"kind": "python", "value": "CPython", "detail": "3.8"},
        {"kind": "pip", "value": "sphinx", "detail": "1"},
        {"kind": "config_key", "value": "build.image"},
        {"kind": "config_key", "value": "version", "detail": "1"},
    ],
)
def test_Q14_who_stands_behind_a_cell(asking: Asking, cell: dict[str, str]) -> None:
    asking.apply(
        build_event(
            "1", project="hit", python="3.8.1", pip=(("sphinx", "1.8"),), user='{"version": 1, "build": {"image": 1}}'
        ),
        build_event("2", project="other"),
    )
    assert [(row["project_id"], row["version_id"]) for row in asking.ask("projects_hit", **cell)] == [("hit", "v1")]


def test_B43_one_build_as_a_document(asking: Asking) -> None:
    event = build_event("1", conda=(("numpy", "conda-forge", "2.0"),))
    asking.apply(event, build_event("2", project="p2"))
    (row,) = asking.ask("build_documents", project="slug-p1", version="v1")
    document = json.loads(row["document"])
    assert "\n    " in row["document"]
    for name in ("event_id", "organization", "project", "version", "image", "steps"):
        assert document[name] == event[name]
    assert document["packages"]["conda"]["all"]["value"] == event["packages"]["conda"]["all"]
    assert document["packages"]["pip"]["declared"]["value"][0]["specifier"] == "<9,>=7"
    assert document["config"]["user"] == {
        "known_at": "2026-03-02T10:00:00+00:00",
        "known_build_id": "1",
        "value": {"version": 2},
    }
    assert document["collectors"]["pip_all"]["status"] == "ok"
    assert document["python"]["value"]["version"] == "3.12.4"


def test_B41_active_needs_a_success_in_the_window(asking: Asking) -> None:
    asking.apply(
        build_event("1", project="active"),
        build_event("2", project="failing", success=False),
        build_event("3", project="old", started_at=T0 - 91 * DAY),
        build_event("4", project="future", started_at=T0 + 5 * DAY),
    )
    assert [row["project_id"] for row in asking.ask("active_projects")] == ["active"]


def test_L6_a_reset_build_is_two_attempts_and_one_build(asking: Asking, rows: Rows) -> None:
    asking.apply(build_event("1"), build_event("1", attempt=2, started_at=T0 + SECOND))
    assert asking.ask("active_projects")[0]["successful_builds"] == 1
    assert rows.one("SELECT attempt FROM headcount.latest_builds") == 2


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("nope", {}, "there is no view"),
        ("python_projects", {"windo": "1 day"}, "there is no argument"),
        ("python_projects", {"window": "soon"}, "Postgres refuses"),
        ("ledger", {"a": "b"}, "takes no arguments"),
        ("projects_hit", {}, "arguments are missing"),
        ("python_projects; DROP SCHEMA headcount", {}, "there is no view"),
    ],
)
def test_a_wrong_question_says_what_there_is(db: Database, name: str, arguments: dict[str, str], said: str) -> None:
    with connect(db.reader, application="test") as connection, pytest.raises(HeadcountError, match=said) as raised:
        ask(connection, name, arguments)
    assert raised.value.do


def test_Q9_adoption_by_week_as_share_of_that_weeks_projects(asking: Asking) -> None:
    week = 7 * DAY
    asking.apply(
        build_event("1", project="p1", pip=(("sphinx", "7.0"), ("myst-parser", "3.0")), started_at=T0 - week),
        build_event("2", project="p2", pip=(("sphinx", "7.0"),), started_at=T0 - week),
        build_event("3", project="p1", pip=(("sphinx", "8.0"),)),
        build_event("4", project="p3", pip=(), statuses={"pip_all": "error"}),
    )
    found = {(row["week"].isoformat(), row["name"]): row["share"] for row in asking.ask("adoption_weekly")}
    assert (found["2026-02-23", "sphinx"], found["2026-02-23", "myst-parser"]) == (1.0, 0.5)
    assert (found["2026-03-02", "sphinx"], found["2026-03-02", "myst-parser"]) == (0.5, 0.0)
    assert [row["unknown"] for row in asking.ask("adoption_weekly", packages="{sphinx}")] == [0, 1]


def test_Q1_and_Q3_as_weekly_series(asking: Asking) -> None:
    asking.apply(
        build_event("1", project="p1", pip=(("sphinx", "9.0"),), python="3.9.1", started_at=T0 - 7 * DAY),
        build_event("2", project="p1", pip=(("sphinx", "10.0"),), python="3.12.1"),
    )
    packages = asking.ask("package_projects_weekly", package="sphinx")
    assert [(row["week"].isoformat(), row["series"], row["projects"]) for row in packages] == [
        ("2026-02-23", "9", 1),
        ("2026-03-02", "10", 1),
    ]
    assert [row["python"] for row in asking.ask("python_projects_weekly")] == ["3.9", "3.12"]


@pytest.mark.parametrize("written", ["zope-interface", "Zope.Interface", "ZOPE__interface"])
def test_B27_a_package_is_found_however_it_is_written(asking: Asking, written: str) -> None:
    asking.apply(
        build_event("1", project="p1", pip=(("zope-interface", "5.0"),), apt=(("libssl1.1", "1.1.1w-0"),)),
        build_event("2", project="p2", pip=(), statuses={"pip_all": "error"}),
    )
    pip = {"ecosystem": "pip", "name": "zope-interface", "series": "5", "projects": 1}
    for view in ("package_projects", "package_projects_default"):
        found = [row for row in asking.ask(view, package=written) if row["name"]]
        assert [{name: row[name] for name in pip} for row in found] == [pip], view
    weekly = asking.ask("package_projects_weekly", package=written)
    assert {(row["name"], row["series"], row["projects"]) for row in weekly} == {
        ("zope-interface", "5", 1),
        (None, None, 1),
    }
    adopted = asking.ask("adoption_weekly", packages=f"{{{written},zope-interface}}")
    assert [(row["name"], row["projects"]) for row in adopted] == [("zope-interface", 1)]
    hit = asking.ask("projects_hit", kind="pip", value=written, detail="5")
    assert [row["project_id"] for row in hit] == ["p1"]
    (observed,) = asking.ask("declared_and_observed", package=written)
    assert (observed["name"], observed["observed"], observed["unknown"]) == ("zope-interface", 1, 1)
    # A dot of apt's is no other sign.
    apt = [row for row in asking.ask("package_projects", package="libssl1.1") if row["name"]]
    assert [(row["ecosystem"], row["name"]) for row in apt] == [("apt", "libssl1.1")]
    assert [row["project_id"] for row in asking.ask("projects_hit", kind="apt", value="libssl1.1")] == ["p1"]


def test_M3_the_day_of_a_build_is_that_of_utc_wherever_the_reader_is(asking: Asking, db: Database) -> None:
    asking.apply(build_event("1"))
    with connect(db.reader, application="test") as connection:
        connection.execute("SET timezone = 'Pacific/Kiritimati'")
        rows = connection.execute(
            "SELECT DISTINCT day FROM headcount.reported_collectors('90 days', '2026-03-03T00:00:00Z', 'p1')"
        ).fetchall()
    assert [day.isoformat() for (day,) in rows] == ["2026-03-02"]
