"""Q1–Q13: every view of builds beside a brute-force answer, while days are summed, changed, and summed again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from headcount.postgres import connect
from sinks.query import ask
from sinks.sums import sum_days
from sinks.writer import Writer
from tests.integration.sink.records import SECOND, clean_record
from tests.integration.sink.view_oracle import AS_OF, WINDOW, Oracle, keys, random_events, series
from tests.integration.sink.writing import Partition
from tests.stack import Database

FLAGGED = {"p7", "p4"}
COUNT = 700


def _one(value: str | None) -> list[str]:
    return [value] if value else []


Values = Callable[[dict[str, Any]], list[str]]
COLUMNS: tuple[tuple[str, str, Values], ...] = (
    ("build_os_projects", "build_os", lambda event: _one(event["image"]["os"])),
    ("image_projects", "image", lambda event: _one(event["image"]["name"])),
    ("vcs_projects", "vcs", lambda event: _one(event["build"]["vcs"])),
    ("flag_projects", "flag", lambda event: list(event["build"]["flags"])),
)


class Asked:
    """The database, and the oracle of what it was given so far."""

    def __init__(self, db: Database, seed: int) -> None:
        self.db = db
        self.writer = Writer(db.sink)
        self._partition = Partition(self.writer)
        self.given: list[dict[str, Any]] = []
        self._left = random_events(seed, COUNT)
        with connect(db.owner, application="test") as connection:
            for project in sorted(FLAGGED):
                connection.execute(
                    b"INSERT INTO headcount_store.project_flags (project_id, flag) VALUES (%s, 'spam')", (project,)
                )

    def give(self, count: int) -> None:
        events, self._left = self._left[:count], self._left[count:]
        received_at = max(event["build"]["started_at"] for event in events)
        record = clean_record(self._partition.position.next_raw_offset, events, received_at=received_at)
        assert self._partition.apply(record).added == len(events)
        self.given += events

    def sum(self) -> int:
        with connect(self.db.sink, application="test") as connection:
            return sum_days(connection)

    def oracle(self) -> Oracle:
        return Oracle(self.given, flagged=FLAGGED)

    def rows(self, name: str, **arguments: str) -> list[dict[str, Any]]:
        as_of = datetime.fromtimestamp(AS_OF / SECOND, UTC).isoformat()
        given = {"as_of": as_of, "window": f"{WINDOW // SECOND} seconds"} | arguments
        with connect(self.db.reader, application="test") as connection:
            answer = ask(connection, name, given)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    def counts(self, name: str, *columns: str, **arguments: str) -> dict[Any, int]:
        rows = self.rows(name, **arguments)
        keyed = {tuple(row[column] for column in columns): row["projects"] for row in rows}
        assert len(keyed) == len(rows)
        return {None if set(key) == {None} else key if len(key) > 1 else key[0]: count for key, count in keyed.items()}


@pytest.fixture(params=["unsummed", "summed", "summed and changed"])
def asked(db: Database, request: pytest.FixtureRequest) -> Iterator[Asked]:
    asked = Asked(db, seed=11)
    asked.give(COUNT - 60)
    if request.param != "unsummed":
        assert asked.sum() > 50
    if request.param == "summed and changed":
        asked.give(60)
    yield asked
    asked.writer.close()


def test_Q1_to_Q13_say_what_a_brute_force_count_says(asked: Asked) -> None:
    oracle = asked.oracle()
    assert len(oracle.active) > 20
    assert len(oracle.failing(25)) > 1
    assert oracle.by_value("python", lambda event: ["known"])[None] > 1
    by_value(asked, oracle)
    packages(asked, oracle)
    configurations(asked, oracle)
    builds(asked, oracle)


def by_value(asked: Asked, oracle: Oracle) -> None:
    """Q3, Q4, Q5, Q7, Q10, Q11, and the same by default versions, which add up where a build has one value."""
    for default in (False, True):
        suffix = "_default" if default else ""
        found = asked.counts(f"python_projects{suffix}", "implementation", "python")
        assert found == oracle.by_value(
            "python", lambda event: [("CPython", ".".join(event["python"]["version"].split(".")[:2]))], default=default
        )
        assert not default or sum(found.values()) == len(oracle.active)
        assert asked.counts(f"os_projects{suffix}", "os", "os_version") == oracle.by_value(
            "os",
            lambda event: [(event["os"]["id"], "24.04" if event["os"]["version"] else event["os"]["name"])],
            default=default,
        )
        assert asked.counts(f"theme_projects{suffix}", "html_theme") == oracle.by_value(
            "doctool",
            lambda event: _one(event["doctool"]["html_theme"]),
            default=default,
        )
        assert asked.counts(f"doctool_projects{suffix}", "doctool", "series") == oracle.by_value(
            "doctool", lambda event: [(event["doctool"]["name"], series(event["doctool"]["version"]))], default=default
        )
        for name, column, values in COLUMNS:
            expected = oracle.by_value("facts", values, default=default)
            found = asked.counts(f"{name}{suffix}", column)
            assert {value: count for value, count in found.items() if count} == expected, name


def packages(asked: Asked, oracle: Oracle) -> None:
    """Q1, Q2, Q8."""
    for default in (False, True):
        rows = asked.rows("package_projects_default" if default else "package_projects")
        found = {
            (row["name"], row["series"]) if row["name"] else None: row["projects"]
            for row in rows
            if row["ecosystem"] == "pip"
        }
        assert found == oracle.by_value(
            "pip_all",
            lambda event: [(row["name"], series(row["version"])) for row in event["packages"]["pip"]["all"]],
            default=default,
        )
    modules = oracle.by_value("doctool", lambda event: event["doctool"]["extensions"])
    # A list that is known to be empty is no unknown.
    unknown = oracle.by_value("doctool", lambda event: ["known"]).get(None)
    expected = {(module, "module"): count for module, count in modules.items() if module and count > 2}
    expected |= {(None, "module"): unknown} if unknown else {}
    names = oracle.by_value(
        "pip_all",
        lambda event: [
            row["name"]
            for row in event["packages"]["pip"]["all"]
            if row["name"] in ("sphinx-copybutton", "myst-parser")
        ],
    )
    expected |= {(name, "package"): count for name, count in names.items() if name and count > 2}
    unknown = oracle.by_value("pip_all", lambda event: ["known"]).get(None)
    expected |= {(None, "package"): unknown} if unknown else {}
    assert asked.counts("extension_projects", "extension", "seen_as", more_than="2") == expected
    (row,) = asked.rows("declared_and_observed", package="mkdocs")
    assert row["observed"] == oracle.by_value(
        "pip_all", lambda event: [row["name"] for row in event["packages"]["pip"]["all"]]
    ).get("mkdocs", 0)


CELLS = (
    ("python_projects", "python", "implementation", "python"),
    ("os_projects", "os", "os", "os_version"),
    ("doctool_projects", "doctool", "doctool", "series"),
    ("image_projects", "image", "image", None),
    ("theme_projects", "theme", "html_theme", None),
    ("flag_projects", "flag", "flag", None),
    ("build_os_projects", "build_os", "build_os", None),
    ("vcs_projects", "vcs", "vcs", None),
    ("package_projects", None, "name", "series"),
    ("config_key_projects", "config_key", "key", "value"),
)


@pytest.mark.parametrize("asked", ["summed"], indirect=True)
def test_Q14_gives_as_many_projects_as_each_cell_says(asked: Asked) -> None:
    looked_at = 0
    # It has built nothing but pull requests: in the count of the unknown, and without a version to show.
    versionless = len({"p12"} & asked.oracle().active)
    assert versionless == 1
    for name, kind, value, detail in CELLS:
        for default in (False, True):
            if kind == "config_key" and not default:
                continue
            for row in asked.rows(f"{name}{'_default' if default else ''}"):
                cell = {"kind": kind or row["ecosystem"], "only_default": str(default)}
                cell |= {} if row[value] is None else {"value": row[value]}
                cell |= {} if detail is None or row[detail] is None else {"detail": row[detail]}
                found = {hit["project_id"] for hit in asked.rows("projects_hit", **cell)}
                assert len(found) == row["projects"] - (versionless if row[value] is None else 0), cell
                assert not default or len(asked.rows("projects_hit", **cell)) == len(found)
                looked_at += 1
    assert looked_at > 100


def configurations(asked: Asked, oracle: Oracle) -> None:
    """Q6."""
    expected = oracle.by_value("config_user", keys, default=True)
    assert asked.counts("config_key_projects_default", "key", "value") == expected


def builds(asked: Asked, oracle: Oracle) -> None:
    """Active projects, Q12, Q13."""
    found = {row["project_id"]: row["successful_builds"] for row in asked.rows("active_projects")}
    successes: dict[str, set[str]] = {}
    for event in oracle.within():
        if event["build"]["success"]:
            successes.setdefault(event["project"]["id"], set()).add(event["build"]["id"])
    assert found == {project: len(ids) for project, ids in successes.items()}
    minutes = {
        (row["month"].isoformat(), row["project_id"]): (row["builds"], row["minutes"])
        for row in asked.rows("build_minutes")
    }
    expected = oracle.minutes()
    assert {key: count for key, (count, _) in minutes.items()} == {key: count for key, (count, _) in expected.items()}
    assert all(
        value == pytest.approx(expected[key][1], abs=0.0051) if value is not None else expected[key][1] is None
        for key, (_, value) in minutes.items()
    )
    steps = {
        row["step"]: (row["times"], row["median_seconds"], row["p95_seconds"]) for row in asked.rows("step_seconds")
    }
    assert steps.keys() == oracle.steps().keys()
    for name, (times, middle, p95) in oracle.steps().items():
        assert steps[name] == (times, pytest.approx(middle, rel=0.01), pytest.approx(p95, rel=0.01))
    for last in (2, 25):
        failing = {
            row["project_id"]: (row["builds"], row["stage"]) for row in asked.rows("failing_projects", last=str(last))
        }
        assert failing == oracle.failing(last)
