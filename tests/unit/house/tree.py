"""Our tree as the house tests see it: its modules, what they import, and the files that git has."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = ("headcount", "producers", "schemas", "sinks", "streams")


@dataclass(frozen=True, slots=True)
class Import:
    """One import: who, on which line, and the full name of what (`a.b` of `from a import b` as well)."""

    module: str
    line: int
    name: str

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.name}"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of our packages, parsed."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {module_name(path): ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in paths}


def imports_of(module: str, tree: ast.Module) -> Iterator[Import]:
    """Every import wherever it stands, in functions and under TYPE_CHECKING too: an arrow is an arrow."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(module, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # The house has no relative imports, so that a line is read alone; ruff does not say so, this does.
            assert node.level == 0, f"{module}:{node.lineno}: name the package in full"
            yield from (Import(module, node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def imports() -> list[Import]:
    return [found for module, tree in modules().items() for found in imports_of(module, tree)]


def committed() -> list[Path]:
    """Every file that git has."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]
