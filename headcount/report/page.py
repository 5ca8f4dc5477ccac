"""The page: figures in, one self-contained HTML file out. Pure; every value goes through autoescape."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

import jinja2

from headcount.report import completeness, figures, trend, values
from headcount.report.ask import Answers, Row, Rows, Scope
from headcount.report.completeness import Collector
from headcount.report.figures import Cell, Counted, Group, K, Package, Universe
from headcount.report.headlines import Headline, figure, headlines
from headcount.report.trend import Trend, Trends

TOOLS: Final = {"sphinx": "Sphinx", "mkdocs": "MkDocs"}

ROWS: Final = 15
"""Values that a table shows; CSV and Parquet have all."""
NAMES: Final = 40
"""Projects that a cell names; CSV and Parquet have all."""
BUILDS: Final = 200
"""Latest builds that are listed; failing ones come first."""

PAST_KEYS: Final = (
    "build.image", "python.version", "python.system_packages", "python.use_system_site_packages", "python.pip_install",
    "python.setup_py_install", "python.extra_requirements", "python.requirements", "requirements_file", "conda.file",
    "type", "base", "version: 1", "(no file)",
)  # fmt: skip
"""What configurations may still have of what was taken away, or is about to be: this is asked for first."""


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of decision: its values, who has them, and how they move."""

    name: str
    """What exports call it."""
    title: str
    note: str
    counted: Counted
    kind: str | None = None
    """Its kind in the weekly series."""
    hit: str | None = None
    """Arguments of `projects_hit`, as an example."""
    has_reach: bool = False
    has_default: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """All that the template shows."""

    scope: Scope
    made_at: datetime
    k: int
    active: int | None
    versions: int
    private: int
    failing_versions: int
    built_versions: int
    headlines: Sequence[Headline]
    questions: Sequence[Question]
    packages: Sequence[Package]
    without_packages: Cell | None
    """The projects whose packages are not known."""
    trends: Trends
    known: Sequence[tuple[str, int]]
    """What is known of how many active projects."""
    collectors: Sequence[Collector]
    failing: Rows
    latest: Rows
    ledger: Row

    @property
    def more_builds(self) -> bool:
        """Whether the list of latest builds was cut."""
        return len(self.latest) >= BUILDS

    @property
    def weeks(self) -> int:
        """How many weeks the lines have."""
        return next((each.weeks for each in self.trends.values()), 0)

    def trend_of(self, kind: str | None, cell: Cell) -> Trend | None:
        """Give how a value moves, where it is known."""
        return None if kind is None or cell.series is None else self.trends.get((kind, cell.series))


def lay_out(answers: Answers, scope: Scope, made_at: datetime) -> Page:
    """Compute all figures of a page."""
    k = K if scope.is_public else 1
    versions = answers.versions
    everyone = figures.universe(versions, k)
    questions = _questions(answers, everyone)
    known = _known(versions, everyone)
    failing_versions = sum(1 for row in answers.latest if not row["success"])
    is_shown = everyone.active >= k
    return Page(
        scope=scope,
        made_at=made_at,
        k=k,
        active=everyone.active if is_shown else None,
        versions=len(versions) if is_shown else 0,
        private=answers.private_projects,
        failing_versions=failing_versions,
        built_versions=len(answers.latest),
        headlines=headlines(answers, everyone, known, {each.name: each.counted for each in questions}),
        questions=questions,
        packages=figures.packages(answers.packages, everyone),
        without_packages=_without_packages(versions, everyone),
        trends=trend.trends(answers.weekly, k),
        known=[
            (name, everyone.active - unknown)
            for name, unknown in known.items()
            if figures.may_say(unknown, everyone.active, k)
        ],
        # In these a row is one project, or builds of a few.
        collectors=completeness.collectors(answers.collectors) if k == 1 else (),
        failing=answers.failing if k == 1 else (),
        latest=answers.latest[:BUILDS] if k == 1 else (),
        ledger=answers.ledger,
    )


def _questions(answers: Answers, everyone: Universe) -> list[Question]:
    versions = answers.versions
    tools = [group for tool in TOOLS.items() for group in _newest(answers, values.tool_series(*tool))]
    tools += figures.by_count(figures.group(versions, values.other_tool))
    keys = figures.config_keys(answers.config_keys, everyone.k)
    past = [each for each in keys if each.name in PAST_KEYS]
    used = [each for each in keys if each.name not in PAST_KEYS]
    has_config = figures.projects_with(versions, lambda row: row["is_default"] and row["has_config"])
    has_tool = figures.projects_with(versions, lambda row: row["extensions"] is not None)

    def counted(groups: Sequence[Group], known: figures.Projects | None = None, *, reach: bool = False) -> Counted:
        return figures.tabulate(figures.with_unknown(groups, everyone, known), everyone, reach=reach)

    def popular(name: str) -> Counted:
        return counted(figures.by_count(figures.group(versions, values.column(name))))

    return [
        Question(
            "python", "Pythons", "Projects by minor version, the newest first.",
            counted(_newest(answers, values.python_series), reach=True),
            "python", "--arg kind=python --arg value=CPython --arg detail=3.9", has_reach=True,
        ),
        Question(
            "config", "Configuration keys that are past or going", "What people wrote themselves, by default version.",
            counted(figures.by_count(past), has_config),
            hit="--arg kind=config_key --arg value=build.image", has_default=False,
        ),
        Question(
            "build.os", "Systems asked for", "What configurations say under build.os.", popular("image_os"),
            "build_os", "--arg kind=build_os --arg value=ubuntu-20.04",
        ),
        Question(
            "image", "Images", "The images that builds ran on.", popular("image"),
            "image", "--arg kind=image --arg value=IMAGE",
        ),
        Question(
            "system", "Systems", "As the system that ran the build names itself.",
            counted(figures.by_count(figures.group(versions, values.system))),
            "os", "--arg kind=os --arg value=ubuntu --arg detail=22.04",
        ),
        Question(
            "tool", "Documentation tools", "Projects by series.", counted(tools, reach=True),
            "doctool", "--arg kind=doctool --arg value=sphinx --arg detail=5", has_reach=True,
        ),
        Question(
            "theme", "HTML themes", "As the configuration says.", popular("theme"),
            "theme", "--arg kind=theme --arg value=alabaster",
        ),
        Question(
            "extension", "Extensions", "As the configuration lists them.",
            counted(figures.by_count(figures.group(versions, values.extensions)), has_tool),
            hit="--arg kind=extension --arg value=nbsphinx",
        ),
        Question(
            "config", "Other configuration keys", "What people wrote themselves, by default version.",
            counted(figures.by_count(used), has_config),
            hit="--arg kind=config_key --arg value=build.jobs", has_default=False,
        ),
    ]  # fmt: skip


def _newest(answers: Answers, values_of: values.ValuesOf) -> list[Group]:
    return figures.newest_first(figures.group(answers.versions, values_of))


def _without_packages(versions: Rows, everyone: Universe) -> Cell | None:
    known = figures.projects_with(versions, lambda row: row["has_packages"])
    cells = figures.tabulate(figures.with_unknown([Group("known", (), known, known)], everyone), everyone).cells
    return next((cell for cell in cells if cell.name is None), None)


def _known(versions: Rows, everyone: Universe) -> dict[str, int]:
    """Of how many projects each thing is not known."""
    asked = {
        "Packages": lambda row: row["has_packages"],
        "Python": lambda row: row["python"] is not None,
        "System": lambda row: row["os"] is not None,
        "Documentation tool": lambda row: row["tool"] is not None,
        "HTML theme": lambda row: row["theme"] is not None,
        "Configuration": lambda row: row["has_config"],
    }
    return {name: everyone.active - len(figures.projects_with(versions, each)) for name, each in asked.items()}


def render(page: Page) -> str:
    """Write the page."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(when=_when, count=_count, percent=_percent, figure=figure, share=_share, points=_points)
    template = (files("headcount.report") / "page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(page=page, rows=ROWS, names=NAMES)


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _count(number: int, noun: str) -> str:
    return f"{figure(number)} {noun}" if number == 1 else f"{figure(number)} {noun}s"


def _percent(part: int, whole: int) -> str:
    return _share(part / whole) if whole else "–"


def _share(share: float) -> str:
    """Write a share so that a small one is no zero and a large one not all."""
    percent = 100 * share
    return f"{percent:.1f}\u00a0%" if 0 < percent < 10 or 99 < percent < 100 else f"{percent:.0f}\u00a0%"


def _points(points: float) -> str:
    return "±0" if abs(points) < 0.05 else f"{points:+.1f}".replace("-", "−")
