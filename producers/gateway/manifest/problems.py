"""What is wrong in a manifest, with its place; and the error that names all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headcount.errors import HeadcountError

LISTED: Final = 20
"""More problems than these are counted only: a manifest that is something else altogether has one a line."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (`line` from 1, None: not known; `key` as `domain.rule.target`), what, what to do."""

    line: int | None
    key: str
    what: str
    do: str


class ManifestError(HeadcountError):
    """A manifest that cannot be used. `what`, `where`, `do` are of the first problem; `problems` has all."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        first, *rest = problems
        more = f" (and {len(rest)} more; `headcount gateway check {file}` lists them)" if rest else ""
        super().__init__(first.what + more, where=place(file, first), do=first.do)
        self.file = file
        self.problems = tuple(problems)


def place(file: str, problem: Problem) -> str:
    """Say where a problem is: `manifest.toml:12: domain.rule.target`."""
    where = file if problem.line is None else f"{file}:{problem.line}"
    return f"{where}: {problem.key}" if problem.key else where
