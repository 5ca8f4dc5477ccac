"""docs/rows.md: what each domain must do, a row a requirement, and the tests that carry the row's number in their name.

The requirements are data (`tests/data/rows/DOMAIN.toml`); the tests are found by reading the tree, without running it.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tests.unit.house.tree import ROOT, committed

DATA = ROOT / "tests" / "data" / "rows"
_NUMBER = re.compile(r"[A-Z]+\d+")

PAGE = """\
# Rows and their tests

What each domain must do has a number a row, and a test that holds a row has the number in its name: `pytest -k B22_`
runs those of one row. A row without a test of its own fails `pytest tests/unit/house`.

{tables}
Written by `make docs` from `tests/data/rows/` and the names of the tests.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """Some rows of a domain: their numbers and what each requires."""

    title: str
    rows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Domain:
    """The rows of one domain in their sections."""

    title: str
    sections: tuple[Section, ...]

    @property
    def numbers(self) -> list[str]:
        return [number for section in self.sections for number in section.rows]


@cache
def domains() -> tuple[Domain, ...]:
    """Read every domain's rows."""
    read = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.toml")))
    return tuple(
        Domain(each["title"], tuple(Section(part["title"], part["rows"]) for part in each["section"])) for each in read
    )


def names_of_tests(tree: ast.Module) -> Iterator[str]:
    """Every test of a module, those in classes too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


def numbers_in(name: str) -> set[str]:
    """The numbers that stand in a test's name: `test_B1_B5_…` is of two rows, `test_R1_to_R13_…` names its two ends."""
    return {word for word in name.split("_") if _NUMBER.fullmatch(word)}


@cache
def held_by() -> Mapping[str, list[str]]:
    """The tests of every number, as `path::name`, in the order of their files."""
    found: dict[str, list[str]] = {}
    for path in sorted(committed()):
        where = path.relative_to(ROOT).as_posix()
        if not (where.startswith("tests/") and path.match("test_*.py")):
            continue
        for name in names_of_tests(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            for number in numbers_in(name):
                found.setdefault(number, []).append(f"{where}::{name}")
    return found


def missing() -> list[str]:
    """The rows that no test names."""
    return [number for domain in domains() for number in domain.numbers if number not in held_by()]


def rows_page() -> str:
    tables = []
    for domain in domains():
        tables.append(f"## {domain.title}\n")
        for section in domain.sections:
            tables.append(f"### {section.title}\n\n| row | what | tests |\n| --- | --- | --- |")
            tables += [_line(number, what) for number, what in section.rows.items()]
            tables.append("")
    return PAGE.format(tables="\n".join(tables))


def _line(number: str, what: str) -> str:
    # A file once, its tests behind it: the page is read by people.
    by_file: dict[str, list[str]] = {}
    for test in held_by().get(number, ()):
        path, _, name = test.partition("::")
        by_file.setdefault(path, []).append(name)
    cells = [f"`{path}`: " + ", ".join(f"`{name}`" for name in names) for path, names in by_file.items()]
    return f"| {number} | {what.replace('|', chr(92) + '|')} | {'<br>'.join(cells) or 'none yet'} |"
