"""From rows to figures: who counts once for what, what is not known, and what is too few to be shown. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from headcount.report.ask import Row, Rows
from headcount.report.values import Key, Value, ValuesOf, numbers, series_of

K: Final = 5
"""Fewer projects than this are in no public figure (design.md section 4)."""

Projects = frozenset[str]


@dataclass(frozen=True, slots=True)
class Group:
    """The projects of a value, by any of their versions and by the default one. The unknown's name is null."""

    name: str | None
    key: Key
    projects: Projects
    default: Projects
    series: str | None = None
    """Which line of the weekly series is this value's."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of a table. Null is what is not asked here, or not shown to others."""

    name: str | None
    projects: int
    share: float
    """Of all active projects, 0 to 1."""
    default: int | None = None
    or_older: int | None = None
    """Projects with it or an older one: whom an end of support would reach."""
    who: Sequence[str] = ()
    """The projects' names, for the operator alone."""
    series: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The values of one question, and how many rows the floor took away."""

    cells: Sequence[Cell]
    hidden: int = 0

    @property
    def known(self) -> list[Cell]:
        """Those with a value."""
        return [cell for cell in self.cells if cell.name is not None]

    @property
    def unknown(self) -> int:
        """Projects of which no value is known."""
        return next((cell.projects for cell in self.cells if cell.name is None), 0)


@dataclass(frozen=True, slots=True)
class Universe:
    """All projects that count, by id, with their names; and how many must share a figure that is shown."""

    names: Mapping[str, str]
    k: int = 1

    @property
    def active(self) -> int:
        """How many projects count."""
        return len(self.names)

    @property
    def is_public(self) -> bool:
        """Whether others read it."""
        return self.k > 1


def universe(versions: Rows, k: int) -> Universe:
    """Give the projects of some versions."""
    return Universe({row["project_id"]: row["project"] for row in versions}, k)


def group(versions: Rows, values_of: ValuesOf) -> list[Group]:
    """Group versions by their values; a version may have several, a project counts once a value."""
    every: dict[Value, set[str]] = {}
    default: dict[Value, set[str]] = {}
    for row in versions:
        for value in values_of(row):
            every.setdefault(value, set()).add(row["project_id"])
            if row["is_default"]:
                default.setdefault(value, set()).add(row["project_id"])
    return [
        Group(name, key, frozenset(every[value]), frozenset(default.get(value, ())), series)
        for value in every
        for name, key, series in (value,)
    ]


def by_count(groups: Iterable[Group]) -> list[Group]:
    """Order groups by how many projects they have, the most first."""
    return sorted(groups, key=lambda each: (-len(each.projects), each.name or ""))


def newest_first(groups: Iterable[Group]) -> list[Group]:
    """Order groups by what they sort by, the newest first."""
    return sorted(groups, key=lambda each: (each.key, each.name or ""), reverse=True)


def with_unknown(groups: Sequence[Group], everyone: Universe, known: Projects | None = None) -> list[Group]:
    """Add the projects of which nothing is known as a last group. `known`: those that could tell."""
    if known is None:
        known = frozenset[str]().union(*(each.projects for each in groups))
    left = frozenset(everyone.names) - known
    return [*groups, *([Group(None, (), left, left)] if left else [])]


def tabulate(groups: Sequence[Group], everyone: Universe, *, reach: bool = False) -> Counted:
    """Count groups in their order; `reach` says how many have a value or an older one (the order is then newest first)."""
    shown = floored(groups, everyone.k)
    reached = _reached(groups) if reach and not everyone.is_public else {}
    cells = [_cell(each, everyone, reached.get(each.name)) for each in shown]
    return Counted(cells, hidden=len(groups) - len(shown))


def _reached(groups: Sequence[Group]) -> dict[str | None, int]:
    older: dict[str, Projects] = {}
    found: dict[str | None, int] = {}
    for each in reversed([each for each in groups if each.name is not None]):
        kind = family(each.name)
        older[kind] = older.get(kind, frozenset()) | each.projects
        found[each.name] = len(older[kind])
    return found


def family(name: str | None) -> str:
    """Give what older and newer are told within: an older Sphinx says nothing of MkDocs, nor PyPy of CPython."""
    first, _, version = (name or "").partition(" ")
    return first if version else ""


def _cell(each: Group, everyone: Universe, or_older: int | None) -> Cell:
    share = len(each.projects) / everyone.active
    if everyone.is_public:
        return Cell(each.name, len(each.projects), share, series=each.series)
    who = sorted(everyone.names[project] for project in each.projects)
    return Cell(each.name, len(each.projects), share, len(each.default), or_older, who, each.series)


def floored(groups: Sequence[Group], k: int) -> list[Group]:
    """Take away groups of fewer than k projects, and more of the smallest until no fewer than k are behind what is hidden.

    Else the rest of a total would tell what was taken away.
    """
    shown = [each for each in groups if len(each.projects) >= k]
    while len(shown) < len(groups) and shown:
        seen = frozenset[str]().union(*(each.projects for each in shown))
        hidden = frozenset[str]().union(*(each.projects for each in groups if each not in shown)) - seen
        if not hidden or len(hidden) >= k:
            break
        shown.remove(min(shown, key=lambda each: len(each.projects)))
    return shown


def may_say(part: int, whole: int, k: int) -> bool:
    """Whether neither a part nor what is left of the whole is under k, as each tells the other."""
    return whole >= k and part >= (k if part else 0) and whole - part >= (k if whole - part else 0)


def projects_with(versions: Rows, is_known: Callable[[Row], bool]) -> Projects:
    """Give the projects with a version of which something is known."""
    return frozenset(row["project_id"] for row in versions if is_known(row))


@dataclass(frozen=True, slots=True)
class Package:
    """A package and its series, the newest first. A project counts once a series."""

    whole: Cell
    series: Sequence[Cell]


def packages(rows: Rows, everyone: Universe) -> list[Package]:
    """Give the packages of `reported_packages`, those of most projects first; none that fewer than k have."""
    by_name: dict[str, list[Group]] = {}
    for row in rows:
        name = None if row["series"] is None else f"{row['series']}.x"
        made = Group(name, numbers(row["series"] or "", 1), _of(row["project_ids"]), _of(row["default_ids"]))
        by_name.setdefault(row["name"], []).append(made)
    wholes = by_count(
        Group(
            name,
            (),
            frozenset[str]().union(*(each.projects for each in series)),
            frozenset[str]().union(*(each.default for each in series)),
            series_of(name, None),
        )
        for name, series in by_name.items()
    )
    return [
        Package(
            _cell(whole, everyone, None), tabulate(newest_first(by_name[str(whole.name)]), everyone, reach=True).cells
        )
        for whole in wholes
        if len(whole.projects) >= everyone.k
    ]


def _of(projects: Sequence[str] | None) -> Projects:
    return frozenset(projects or ())


def config_keys(rows: Rows, k: int = 1) -> list[Group]:
    """Give each key once, whatever its values, and `key: value` where the value is one word. By default versions.

    Values add up to their key: to others either all values of a key are shown or none.
    """
    keys: dict[str, set[str]] = {}
    values: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        keys.setdefault(row["key"], set()).update(row["project_ids"])
        if row["value"] is not None:
            values.setdefault(row["key"], {}).setdefault(row["value"], set()).update(row["project_ids"])
    named = dict(keys)
    for key, each in values.items():
        rest = keys[key] - set().union(*each.values())
        if all(len(projects) >= k for projects in (*each.values(), rest) if projects):
            named |= {f"{key}: {value}": projects for value, projects in each.items()}
    return [Group(name, (), frozenset(ids), frozenset(ids)) for name, ids in named.items()]
