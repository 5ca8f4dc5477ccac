"""The page: figures in, one self-contained HTML file out. Pure; every value goes through autoescape."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

import jinja2

from headcount.report import figures
from headcount.report.ask import BUILDS, Answers, Row, Rows, Scope
from headcount.report.figures import Cell, Counted, K, Package

TOOLS: Final = {"sphinx": "Sphinx", "mkdocs": "MkDocs"}


ROWS: Final = 15
"""Values that a table shows; CSV has all."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence that somebody can decide by; `mood` is good, bad or plain."""

    mood: str
    text: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """All that the template shows."""

    scope: Scope
    made_at: datetime
    k: int
    active: int | None
    versions: int
    outcomes: Row
    headlines: Sequence[Headline]
    packages: Sequence[Package]
    pythons: Counted
    systems: Counted
    asked: Counted
    """Systems that configurations ask for."""
    tools: Counted
    themes: Counted
    known: Sequence[tuple[str, int]]
    """What is known of how many active projects."""
    collectors: Rows
    failing: Rows
    latest: Rows
    ledger: Row

    @property
    def more_builds(self) -> bool:
        """Whether the list of latest builds was cut."""
        return len(self.latest) >= BUILDS


def lay_out(answers: Answers, scope: Scope, made_at: datetime) -> Page:
    """Compute all figures of a page."""
    k = K if scope.is_public else 1
    versions = answers.versions
    active = figures.active_projects(versions)
    pythons = figures.count_series(versions, figures.python_series)
    systems = figures.count_projects(versions, figures.system)
    by_tool = [figures.count_series(versions, figures.tool_series(*tool)) for tool in TOOLS.items()]
    themes = figures.count_projects(versions, lambda row: row["theme"])
    known = {
        "Packages": figures.count_projects(versions, figures.with_packages).unknown,
        "Python": pythons.unknown,
        "System": systems.unknown,
        "Documentation tool": figures.count_projects(versions, lambda row: row["tool"]).unknown,
        "HTML theme": themes.unknown,
    }
    # A tool's series says nothing of the projects that use another tool.
    tools = Counted([cell for counted in by_tool for cell in counted.known])
    is_shown = active >= k
    return Page(
        scope=scope,
        made_at=made_at,
        k=k,
        active=active if is_shown else None,
        versions=len(versions) if is_shown else 0,
        outcomes=answers.outcomes,
        headlines=list(_headlines(answers, k, active, pythons, by_tool, known)),
        packages=figures.packages(answers.packages, k),
        pythons=figures.floored(pythons, k),
        systems=figures.floored(systems, k),
        asked=figures.floored(figures.count_projects(versions, lambda row: row["image_os"]), k),
        tools=figures.floored(tools, k),
        themes=figures.floored(themes, k),
        known=[(name, active - unknown) for name, unknown in known.items() if _may_say(unknown, active, k)],
        collectors=answers.collectors,
        # Here a row is one project.
        failing=answers.failing if k == 1 else (),
        latest=answers.latest if k == 1 else (),
        ledger=answers.ledger,
    )


def _may_say(part: int, whole: int, k: int) -> bool:
    """Whether neither a part nor what is left of the whole is under k, as each tells the other."""
    return whole >= k and part >= (k if part else 0) and whole - part >= (k if whole - part else 0)


def _headlines(
    answers: Answers, k: int, active: int, pythons: Counted, by_tool: Sequence[Counted], known: dict[str, int]
) -> list[Headline]:
    found = [_failing(answers, k)]
    if k == 1:
        found += [_oldest(counted, active) for counted in (pythons, *by_tool) if counted.known]
    found.append(_completeness(known, active) if all(_may_say(each, active, k) for each in known.values()) else None)
    found.append(_balance(answers.ledger))
    return [headline for headline in found if headline is not None]


def _failing(answers: Answers, k: int) -> Headline | None:
    outcomes = answers.outcomes
    failing, built = outcomes["failing_projects"], outcomes["projects"]
    if not built or not _may_say(failing, built, k):
        return None
    if not failing:
        return Headline("good", "The latest build of every version passed.")
    verb = "has" if failing == 1 else "have"
    text = f"{_count(failing, 'project')} of {_figure(built)} {verb} a version whose latest build failed."
    names = [f"{row['project']} {row['version']}" for row in answers.latest if not row["success"]][:3] if k == 1 else []
    left = outcomes["failing_versions"] - len(names)
    return Headline("bad", text, ", ".join(names) + (f" and {_figure(left)} more" if names and left > 0 else ""))


def _oldest(counted: Counted, active: int) -> Headline:
    newest, oldest = counted.known[0], counted.known[-1]
    reach = f"{_count(oldest.projects, 'project')} of {_figure(active)}"
    if newest is oldest:
        return Headline("plain", f"{oldest.name} is the only series in use of its kind, in {reach}.")
    return Headline(
        "plain",
        f"{oldest.name} is the oldest in use, {newest.name} the newest.",
        f"An end of {oldest.name} would reach {reach}.",
    )


def _completeness(known: dict[str, int], active: int) -> Headline | None:
    if not active:
        return None
    missing = {name: unknown for name, unknown in known.items() if unknown}
    if not missing:
        return Headline("good", f"No gaps: every answer below covers {_all(active)}.")
    worst = max(missing, key=lambda name: missing[name])
    return Headline(
        "plain",
        f"{worst}: not known of {_figure(missing[worst])} of {_count(active, 'project')}, so that much is left to guess.",
    )


def _all(active: int) -> str:
    return "the one active project" if active == 1 else f"all {_figure(active)} active projects"


def _balance(ledger: Row) -> Headline | None:
    if not ledger["handed_over"]:
        return None
    if ledger["difference"] == 0 and ledger["missing"] == 0 and ledger["dropped"] == 0:
        return Headline(
            "good",
            "Nothing lost, nothing counted twice.",
            f"{_count(ledger['handed_over'], 'event')} handed over, every one accounted for.",
        )
    return Headline(
        "bad",
        "Not every event is accounted for.",
        f"Dropped {ledger['dropped']}, missing {ledger['missing']}, difference {ledger['difference']}:"
        " see `headcount ledger`.",
    )


def _count(number: int, noun: str) -> str:
    return f"{_figure(number)} {noun}" if number == 1 else f"{_figure(number)} {noun}s"


def _figure(number: int) -> str:
    """Group the thousands by a narrow space that breaks no line."""
    return f"{number:,}".replace(",", "\u202f")


def render(page: Page) -> str:
    """Write the page."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(when=_when, count=_count, percent=_percent, figure=_figure)
    template = (files("headcount.report") / "page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(page=page, widest=_widest, top=figures.top, rows=ROWS)


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _widest(cells: Sequence[Cell] | Sequence[Package]) -> int:
    """Give the largest count, which is the full width of the bars."""
    return max((cell.projects for cell in cells), default=1)
