"""Requirements files: decoded, joined and followed as pip does (R4, R5, R10), to rows and counts. Pure but for `read`."""

import codecs
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from producers.builds.collectors.found import Found
from producers.builds.errors import CollectorError, MissingError, UnreadableError
from producers.builds.event import Requirement
from producers.builds.pointers import Unnamed
from producers.builds.requirements import Include, OtherIndex, Unparsed, joined, read_line
from producers.builds.words import Constraint, ErrorWord

FILES: Final = 20
DEPTH: Final = 5

Read = Callable[[str], bytes]
"""Give a file by its path from the checkout. Raises CollectorError."""

LINES: Final = 20_000
"""Logical lines of all files together: reading more would go on after the collection's end."""

_COMMENT: Final = re.compile(r"(?:^|\s)#")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOUND: Final = frozenset({Constraint.PINNED, Constraint.PREFIX, Constraint.RANGE, Constraint.NONE})


def decode(content: bytes) -> str:
    """Decode by the byte order mark, else as UTF-8; what is neither is replaced."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    return content.decode("utf-8", "replace")


def logical_lines(text: str) -> Iterator[str]:
    r"""Join lines that end with `\`, take comments out and leave blank lines out."""
    waiting = ""
    for line in text.splitlines():
        comment = _COMMENT.match(line.lstrip())
        if line.endswith("\\") and not comment:
            waiting += line.rstrip("\\")
            continue
        whole, waiting = waiting + (" " if comment else "") + line, ""
        yield from _uncommented(whole)
    yield from _uncommented(waiting)


def _uncommented(line: str) -> Iterator[str]:
    text = _COMMENT.split(line, maxsplit=1)[0].strip()
    if text:
        yield text


@dataclass(slots=True)
class Gathering:
    """What has been read so far, from any number of sources of one project."""

    read: Read
    _rows: dict[Requirement, None] = field(default_factory=dict)
    _constraints: dict[str, list[Requirement]] = field(default_factory=dict)
    _seen: set[tuple[str, bool]] = field(default_factory=set)
    _unnamed: Counter[str] = field(default_factory=Counter)
    _lines: int = 0
    _unparsed: int = 0
    _other_index: bool = False

    def file(self, path: str) -> None:
        """Read a requirements file that the config names. Raises CollectorError where it cannot be read."""
        self._follow(posixpath.normpath(path), constraints=False, depth=0)

    def lines(
        self, lines: Iterable[str | Requirement], folder: str = "", *, constraints: bool = False, depth: int = 0
    ) -> None:
        """Read logical lines, or take rows; files that lines name are as from `folder`."""
        for line in lines:
            self._lines += 1
            if self._lines > LINES:
                raise UnreadableError(ErrorWord.TOO_LARGE)
            answer = read_line(line) if isinstance(line, str) else line
            if isinstance(answer, Requirement):
                self._add(answer, constraints)
            elif isinstance(answer, Unnamed):
                self._unnamed[answer] += 1
            elif isinstance(answer, Unparsed):
                self._unparsed += 1
            elif isinstance(answer, OtherIndex):
                self._other_index = True
            elif isinstance(answer, Include):
                self._include(answer, folder, constraints or answer.constraints, depth + 1)

    def found(self) -> Found[tuple[Requirement, ...]]:
        """Give all rows, with what the constraint files add to them."""
        rows = tuple(dict.fromkeys(row for each in self._rows for row in self._constrained(each)))
        return Found(
            rows,
            len(rows),
            unnamed=dict(self._unnamed),
            other_index=self._other_index,
            unparsed=self._unparsed,
        )

    def _add(self, row: Requirement, constraints: bool) -> None:
        if constraints:
            self._constraints.setdefault(row.name, []).append(row)
        else:
            self._rows[row] = None

    def _include(self, include: Include, folder: str, constraints: bool, depth: int) -> None:
        path = posixpath.normpath(posixpath.join(folder, include.path))
        outside = path.startswith(("../", "/")) or path == ".." or "://" in include.path or "${" in include.path
        try:
            if outside or depth > DEPTH:
                raise MissingError
            self._follow(path, constraints=constraints, depth=depth)
        except CollectorError:
            self._unnamed[Unnamed.FILE] += 1

    def _follow(self, path: str, *, constraints: bool, depth: int) -> None:
        if (path, constraints) in self._seen:
            return
        if len(self._seen) >= FILES:
            raise MissingError
        self._seen.add((path, constraints))
        text = decode(self.read(path))
        self.lines(logical_lines(text), posixpath.dirname(path), constraints=constraints, depth=depth)

    def _constrained(self, row: Requirement) -> Iterator[Requirement]:
        """Give a row bound by its constraints; each one under a condition is a case, and a row, of its own."""
        if row.constraint not in _BOUND:
            yield row
            return
        of_name = [each for each in self._constraints.get(row.name, ()) if each.constraint in _BOUND]
        for constraint in of_name:
            if not constraint.conditional:
                row = joined(row, constraint)
        cases = [joined(row, constraint) for constraint in of_name if constraint.conditional]
        yield from cases or [row]
