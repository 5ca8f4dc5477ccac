"""The answers as text for a terminal: rows of views in, lines out. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headcount.demo.table import bar, table

Rows = Sequence[Mapping[str, Any]]

PACKAGES_SHOWN: Final = 12
_UNKNOWN: Final = "not known"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the demo asks, in the order in which it tells."""

    packages: Rows
    pythons: Rows
    systems: Rows
    latest: Rows
    ledger: Rows


def lines_of(answers: Answers) -> Iterator[str]:
    """Tell all answers."""
    yield from _titled(
        "Which packages do the builds use? (headcount query package_projects)", packages(answers.packages)
    )
    yield from _titled(
        "Which Pythons? (headcount query python_projects)", values(answers.pythons, "implementation", "python")
    )
    yield from _titled("Which systems? (headcount query os_projects)", values(answers.systems, "os", "os_version"))
    yield from _titled("The latest build of each version (headcount query latest_builds)", latest(answers.latest))
    yield from _titled("What became of every event? (headcount ledger)", ledger(answers.ledger))


def _titled(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from lines


def packages(rows: Rows) -> list[str]:
    """Tell the packages that pip lists, those of most projects and most series first, with the projects of each series."""
    series: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["ecosystem"] == "pip" and row["name"] is not None:
            series.setdefault(row["name"], []).append(row)
    ordered = sorted(
        series.items(), key=lambda item: (-max(row["projects"] for row in item[1]), -len(item[1]), item[0])
    )
    most = max((row["projects"] for row in rows), default=0)
    cells = [
        (name, bar(max(row["projects"] for row in found), most), _series(found))
        for name, found in ordered[:PACKAGES_SHOWN]
    ]
    rest = len(ordered) - len(cells)
    return table(("package", "projects", "series: projects"), cells) + ([f"  … and {rest} more"] if rest > 0 else [])


def _series(rows: Rows) -> str:
    newest_first = sorted(rows, key=lambda row: row["sort_key"] or [], reverse=True)
    return "  ".join(
        f"{row['series']}.x: {row['projects']}" if row["series"] else f"?: {row['projects']}" for row in newest_first
    )


def values(rows: Rows, value: str, detail: str) -> list[str]:
    """Tell how many projects have each value; the unknown is a row of its own."""
    most = max((row["projects"] for row in rows), default=0)
    cells = [
        (
            " ".join(filter(None, (row[value], row[detail]))) or _UNKNOWN,
            str(row["projects"]),
            bar(row["projects"], most),
        )
        for row in rows
    ]
    return table((value.replace("_", " "), "projects", ""), cells)


def latest(rows: Rows) -> list[str]:
    """Tell the latest build of each version: how it ended, and with what it was built."""
    cells = [
        (
            row["project_slug"] or row["project_id"],
            row["version_slug"] or row["version_id"],
            row["build_id"],
            "✓ passed"
            if row["success"]
            else f"✗ failed ({row['failure_stage'] or row['status']}, {row['failure_error'] or '?'})",
            " ".join(filter(None, (row["doctool_name"], row["doctool_version"]))) or _UNKNOWN,
            row["python_version"] or _UNKNOWN,
            row["doctool_html_theme"] or "–",
        )
        for row in sorted(rows, key=lambda row: (row["project_id"], row["version_id"]))
    ]
    return table(("project", "version", "build", "ended", "tool", "Python", "theme"), cells)


def ledger(rows: Rows) -> list[str]:
    """Tell the sums of the ledger, and whether it balances."""
    total = {name: sum(row[name] for row in rows) for name in _FIGURES}
    difference = sum(row["difference"] for row in rows)
    verdict = (
        "It balances: nothing lost, nothing counted twice."
        if difference == 0 and total["missing"] == 0
        else f"It does not balance: difference {difference}, missing {total['missing']}."
    )
    return [*table(_FIGURES, [[str(total[name]) for name in _FIGURES]]), f"  {verdict}"]


_FIGURES: Final = ("handed_over", "dropped", "missing", "received", "accepted", "duplicate", "refused", "added")
