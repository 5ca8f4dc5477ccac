"""How long every view takes on what is loaded, asked as the reader role does, and how large the tables are."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from headcount.postgres import Connection, connect
from sinks.query import ask, known_queries

TIMES: Final = 3
AT_MOST_SECONDS: Final = 1.0
ARGUMENTS: Final[dict[str, list[dict[str, str]]]] = {
    "package_projects": [{"package": "sphinx"}],
    "package_projects_weekly": [{"package": "docutils"}],
    "declared_and_observed": [{"package": "mkdocs", "up_to": "0.17.3"}],
    "config_key_projects_default": [{"window": "120 days"}],
    "extension_projects": [{"window": "7 days"}],
    "build_documents": [{"project": "project-7"}, {"project": "7", "version": "latest", "successful": "true"}],
    "projects_hit": [
        {"kind": "pip", "value": "sphinx", "detail": "1"},
        {"kind": "python", "value": "CPython", "detail": "3.8"},
        {"kind": "config_key", "value": "build.image"},
        {"kind": "build_os", "value": "ubuntu-20.04"},
        {"kind": "extension", "value": "myst_parser"},
    ],
}
"""What functions are asked beside their views: each cell that builds.md names."""

_WHOLE_TABLES: Final = ("latest_builds", "latest_successful_builds", "latest_packages", "latest_successful_packages")
"""A row a version, or a package of one: people filter these, so they are counted here, and their first rows are read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its rows, the first time (a new session) and the middle of the times after it, seconds."""

    question: str
    rows: int
    first: float
    warm: float


def ask_all(dsn: str, tell: Callable[[str], None], *, only: str = "") -> list[Asked]:
    """Ask every view with its own window, and functions with arguments."""
    with connect(dsn, application="benchmark") as connection:
        known = known_queries(connection)
    questions: list[tuple[str, Callable[[Connection[Any]], int]]] = []
    for name, query in known.items():
        if query.is_view and name in _WHOLE_TABLES:
            questions.append((f"{name}, first 1 000 rows", _sql(f"SELECT * FROM headcount.{name} LIMIT 1000")))
            questions.append((f"{name}, one project", _sql(f"SELECT * FROM headcount.{name} WHERE project_id = '7'")))
            if name.endswith("_packages"):
                where = "ecosystem = 'pip' AND scope = 'all' AND name = 'sphinx'"
                questions.append((f"{name}, one package", _sql(f"SELECT * FROM headcount.{name} WHERE {where}")))
            else:
                questions.append((f"{name}, counted", _sql(f"SELECT count(*) FROM headcount.{name}")))
        elif query.is_view and name == "build_documents":
            questions.append((f"{name}, first 100 rows", _sql(f"SELECT * FROM headcount.{name} LIMIT 100")))
            questions.append((f"{name}, counted", _sql(f"SELECT count(*) FROM headcount.{name}")))
        elif query.is_view:
            questions.append((name, _known(name, {})))
        for arguments in ARGUMENTS.get(name, []):
            words = ", ".join(f"{key} {value}" for key, value in arguments.items())
            questions.append((f"{name}({words})", _known(name, arguments)))
    found = []
    for question, run in questions:
        if only in question:
            found.append(_time(dsn, question, run))
            tell(f"{question}: {found[-1].rows} rows, {found[-1].first:.2f} s, then {found[-1].warm:.2f} s")
    return found


def _sql(text: str) -> Callable[[Connection[Any]], int]:
    return lambda connection: len(connection.execute(text.encode()).fetchall())


def _known(name: str, arguments: dict[str, str]) -> Callable[[Connection[Any]], int]:
    return lambda connection: len(ask(connection, name, arguments).rows)


def _time(dsn: str, question: str, run: Callable[[Connection[Any]], int]) -> Asked:
    with connect(dsn, application="benchmark") as connection:
        seconds = []
        for _ in range(1 + TIMES):
            started = time.perf_counter()
            rows = run(connection)
            seconds.append(time.perf_counter() - started)
    return Asked(question, rows, seconds[0], median(seconds[1:]))


def asked_table(asked: Sequence[Asked]) -> str:
    """Lay the answers out, the slowest first."""
    lines = ["| view | rows | first, s | warm, s | |", "| --- | ---: | ---: | ---: | --- |"]
    for one in sorted(asked, key=lambda one: -max(one.first, one.warm)):
        missed = "MISSED" if max(one.first, one.warm) >= AT_MOST_SECONDS else ""
        lines.append(f"| {one.question} | {one.rows} | {one.first:.3f} | {one.warm:.3f} | {missed} |")
    return "\n".join(lines)


KEPT_DAYS: Final = 180
"""Of builds, and of what goes with them."""

_WITH_BUILDS: Final = ("builds", "project_days", "step_days", "build_reruns")


def sizes_table(dsn: str, days: int) -> str:
    """Lay the tables out with their sizes, indexes and long values included; months of builds are one."""
    with connect(dsn, application="benchmark") as connection:
        rows = connection.execute(
            b"SELECT regexp_replace(relname, '^builds_[0-9_]+$', 'builds') AS name, sum(greatest(reltuples, 0))::bigint,"
            b" sum(pg_table_size(oid))::bigint, sum(pg_indexes_size(oid))::bigint FROM pg_class"
            b" WHERE relnamespace = 'headcount_store'::regnamespace AND relkind = 'r'"
            b" GROUP BY 1 ORDER BY sum(pg_total_relation_size(oid)) DESC"
        ).fetchall()
    lines = ["| table | rows | table, MB | indexes, MB | MB a day |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, count, table, indexes in rows:
        if table + indexes >= 100_000:
            growth = (table + indexes) / 1e6 / (min(days, KEPT_DAYS) if name in _WITH_BUILDS else days)
            lines.append(f"| {name} | {count} | {table / 1e6:.1f} | {indexes / 1e6:.1f} | {growth:.2f} |")
    return "\n".join(lines)
