"""The weekly series against a count by hand over builds of all kinds, in several takes, some of them twice."""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from sinks.times import instant
from tests.integration.retention.conftest import NOW, Run
from tests.integration.retention.test_builds import days_old, micros
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import build_event, clean_record
from tests.integration.sink.writing import Partition

Cells = dict[tuple[Any, ...], int]
PYTHONS = ("3.12.4", "3.12.1", "3.9.2", "3.13.0rc1", None)
SPHINXES = ("8.1.3", "8.0", "7.4", "10.0", "rolling")


def some_builds(chance: random.Random, count: int) -> list[dict[str, Any]]:
    events = []
    for n in range(count):
        pip = [("sphinx", chance.choice(SPHINXES))] if chance.random() < 0.8 else []
        pip += [("myst-parser", "4.0")] if chance.random() < 0.4 else []
        python = chance.choice(PYTHONS)
        statuses = {"python": "ok" if python else "error", "pip_all": chance.choice(["ok", "ok", "ok", "error"])}
        event = build_event(
            str(n),
            project=f"p{chance.randrange(8)}",
            version=chance.choice(["v1", "v2", None]),
            started_at=days_old(chance.uniform(0, 300)),
            success=chance.random() < 0.8,
            pip=tuple(pip),
            python=python,
            statuses=statuses,
        )
        event["image"]["os"] = chance.choice(["ubuntu-22.04", "ubuntu-24.04", None])
        if event["version"] is not None and chance.random() < 0.2:
            event["version"]["kind"] = "external"
        events.append(event)
    return events


def week_of(event: dict[str, Any]) -> date:
    day = instant(event["build"]["started_at"]).date()
    return day - timedelta(days=day.weekday())


def counted(events: Iterable[dict[str, Any]], first: date) -> tuple[dict[str, Cells], Cells]:
    """Count distinct projects by series and week, and active ones by week."""
    cells: dict[str, dict[tuple[Any, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    active: dict[date, set[str]] = defaultdict(set)
    for event in events:
        version = event["version"]
        week, project = week_of(event), event["project"]["id"]
        if not event["build"]["success"] or (version and version["kind"] == "external") or week < first:
            continue
        active[week].add(project)
        known = {part for part, result in event["collectors"].items() if result["status"] in ("ok", "empty")}
        if "python" in known:
            minor = ".".join(event["python"]["version"].split(".")[:2])
            cells["python"][week, "CPython", minor].add(project)
        if event["image"]["os"]:
            cells["build_os"][week, event["image"]["os"]].add(project)
        if "pip_all" in known:
            cells["known"][(week,)].add(project)
            for package in event["packages"]["pip"]["all"]:
                cells["adoption"][week, package["name"]].add(project)
                if package["name"] == "sphinx":
                    number = package["version"].split(".")[0]
                    cells["sphinx"][week, "sphinx", number if number.isdigit() else None].add(project)
    sizes = {kind: {cell: len(projects) for cell, projects in found.items()} for kind, found in cells.items()}
    return sizes, {(week,): len(projects) for week, projects in active.items()}


def with_unknown(cells: Cells, missing: dict[date, set[str]], blanks: int) -> Cells:
    """Add a row of nulls for the projects of a week of which nothing is known."""
    whole = dict(cells)
    for week, projects in missing.items():
        if projects:
            whole[(week, *[None] * blanks)] = len(projects)
    return whole


def unknown(events: Iterable[dict[str, Any]], first: date, is_known: Any) -> dict[date, set[str]]:
    seen: dict[date, set[str]] = defaultdict(set)
    found: dict[date, set[str]] = defaultdict(set)
    for event in events:
        version = event["version"]
        if event["build"]["success"] and not (version and version["kind"] == "external") and week_of(event) >= first:
            seen[week_of(event)].add(event["project"]["id"])
            if is_known(event):
                found[week_of(event)].add(event["project"]["id"])
    return {week: projects - found[week] for week, projects in seen.items()}


@pytest.mark.parametrize("seed", [1, 2])
def test_Q1_Q3_Q9_the_weekly_series_are_what_a_count_by_hand_gives(
    partition: Partition, rows: Rows, retention: Run, seed: int
) -> None:
    chance = random.Random(seed)
    events = some_builds(chance, 600)
    takes = [events[start : start + 50] for start in range(0, 600, 50)]
    chance.shuffle(takes)
    for offset, take in enumerate([*takes, *takes[:3]]):
        partition.apply(clean_record(offset, take, received_at=micros(NOW)))
    rows("INSERT INTO headcount.project_flags (project_id, flag) VALUES ('p3', 'spam')")
    retention()  # most of the builds are gone, and no week
    events = [event for event in events if event["project"]["id"] != "p3"]
    first = (NOW - timedelta(days=250)).date()
    first -= timedelta(days=first.weekday())
    cells, active = counted(events, first)
    window = ("250 days", NOW)

    python = "SELECT week, implementation, python, projects FROM headcount.python_projects_weekly(%s, %s)"
    no_python = unknown(events, first, lambda event: event["collectors"]["python"]["status"] == "ok")
    assert _cells(rows(python, *window)) == with_unknown(cells["python"], no_python, 2)

    build_os = "SELECT week, value, projects FROM headcount.value_projects_weekly('build_os', %s, %s)"
    no_os = unknown(events, first, lambda event: event["image"]["os"])
    assert _cells(rows(build_os, *window)) == with_unknown(cells["build_os"], no_os, 1)

    sphinx = "SELECT week, name, series, projects FROM headcount.package_projects_weekly('sphinx', %s, %s)"
    no_pip = unknown(events, first, lambda event: event["collectors"]["pip_all"]["status"] == "ok")
    assert _cells(rows(sphinx, *window)) == with_unknown(cells["sphinx"], no_pip, 2)

    columns = "week, name, projects, active_projects, unknown"
    adoption = f"SELECT {columns} FROM headcount.adoption_weekly('{{sphinx,myst-parser}}', %s, %s)"
    expected = {
        (week, name, cells["adoption"].get((week, name), 0), projects, projects - cells["known"].get((week,), 0))
        for (week,), projects in active.items()
        for name in ("sphinx", "myst-parser")
    }
    assert set(rows(adoption, *window)) == expected


def _cells(found: list[tuple[Any, ...]]) -> Cells:
    cells = {row[:-1]: row[-1] for row in found}
    assert len(cells) == len(found)
    return cells
