"""Follows a log through renames, copytruncate, packing and restarts: every line once; what was read is known by its content.

More than one file may be open: after a rename nginx' workers go on with the old one for a moment.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from headcount.errors import UnavailableError
from producers.ship.log_file import Found, LogFile, Mark, RawLine
from producers.ship.rotated import rotated

QUIET_SECONDS: Final = 60.0
"""A file that was renamed is let go when nobody has written to it for so long."""

DONE: Final = 64
SLACK_SECONDS: Final = 1.0
"""The clock of files is not quite that of processes."""

_log = logging.getLogger("headcount.ship")


class Follower:
    """Gives the lines of `path` and of what it was. `marks` and `done` are those of the last run, oldest file first.

    Without marks it begins at the beginning of `path`, or of its oldest rotated file (`with_rotated`). `lost` is told in a
    word how a file went away whose rest is nowhere to be found.
    """

    def __init__(
        self,
        path: Path,
        marks: Sequence[Mark] = (),
        done: Sequence[Mark] = (),
        *,
        with_rotated: bool = False,
        lost: Callable[[str], None] = lambda how: None,
    ) -> None:
        self.path = path
        self.done: list[Mark] = list(done)
        """Ends of the last files that were let go: a packed one may come to look young again."""

        self._lost = lost
        self._open: list[LogFile] = []
        if marks:
            self._resume(marks)
        elif with_rotated:
            self._add(rotated(path))
        self._add([path])

    def marks(self) -> list[Mark]:
        """Give how far each file was read."""
        return [each.mark() for each in self._open]

    @property
    def behind(self) -> int:
        """Bytes that wait to be read."""
        return sum(each.behind for each in self._open)

    def close(self) -> None:
        """Let all files go."""
        for each in self._open:
            each.close()

    def take(self, lines: int, size: int) -> tuple[LogFile, list[RawLine]] | None:
        """Give the next lines, at most so many of one file; None: there are no more now.

        A file that is done with is in no mark any more from the take that gave the last of it.
        """
        for each in list(self._open):
            before = each.mark()
            found = each.read(lines, size)
            if each is self._open[-1] and not (each.is_still(before) if before.head_size else self._is_first(before)):
                self._truncated(before)
                return self.take(lines, size)
            if not found and each is not self._open[-1] and self._is_done(each):
                found = each.rest()
                self._let_go(each)
            if found:
                return each, found
        return None

    def look(self) -> bool:
        """See whether the log was rotated, after the last line of what is open; tell whether there is more now."""
        if not self._open:
            self._add([self.path])
            return bool(self._open)
        current = self._open[-1]
        try:
            now = self.path.stat()
        except OSError:
            return False  # it is being renamed just now
        if (now.st_dev, now.st_ino) == (current.device, current.inode):
            return False
        self._add([*self._since(current.mark()), self.path])
        return self._open[-1] is not current

    def _let_go(self, file: LogFile) -> None:
        if file.mark().head_size:
            self.done = [*self.done[1 - DONE :], file.mark()]
        self._open.remove(file)
        file.close()

    def _is_first(self, mark: Mark) -> bool:
        """Tell whether nothing was in a file before what is in it now, where it was empty at the last look."""
        if _inode(self.path) != (mark.device, mark.inode):
            return True  # renamed: that is another matter
        known = {(each.device, each.inode) for each in self._open}
        return all(_inode(name) in known for name in self._since(mark))

    def _is_done(self, file: LogFile) -> bool:
        return file.is_ended and (file.is_packed or time.time() - file.changed_at > QUIET_SECONDS)

    def _truncated(self, mark: Mark) -> None:
        """The current file began anew: what we had not read of it is in a copy, if somebody made one."""
        self._open.pop().close()
        if not mark.head_size:
            self._add([*self._since(mark), self.path])
            return
        names = rotated(self.path)
        place = _place(names, mark)
        if place is not None:
            self._open.append(place[1])
            self._add(names[place[0] + 1 :])
        elif not any(_held_to(name, mark) is Found.SHORTER for name in names):
            self._tell_lost("truncated", mark)
        self._add([self.path])

    def _resume(self, marks: Sequence[Mark]) -> None:
        for mark in marks:
            place = _place([*rotated(self.path), self.path], mark)
            if place is not None:
                self._open.append(place[1])
            elif mark.head_size:
                self._tell_lost("gone", mark)
        # What is current comes last, behind what was rotated meanwhile.
        current = self._open.pop() if self._open and self._is_current(self._open[-1]) else None
        self._add(self._since(marks[-1], beside=current))
        if current is not None:
            self._open.append(current)

    def _is_current(self, file: LogFile) -> bool:
        return _inode(self.path) == (file.device, file.inode)

    def _since(self, mark: Mark, beside: LogFile | None = None) -> list[Path]:
        """Name the rotated files that are younger than the marked one, which may be the current one still."""
        if mark.head_size and _is_marked(self.path, mark):
            return []
        names = rotated(self.path)
        place = _place(names, mark)
        if place is not None:
            place[1].close()
            return names[place[0] + 1 :]
        known = [*self.done, *self.marks(), *([] if beside is None else [beside.mark()])]
        return [
            name
            for name in names
            if _changed_at(name) > mark.looked_at - SLACK_SECONDS
            and _has_lines(name)
            and not any(each.head_size and _held_to(name, each) is not Found.OTHER for each in (mark, *known))
        ]

    def _add(self, names: Iterable[Path]) -> None:
        known = {(each.device, each.inode) for each in self._open}
        for name in names:
            if _inode(name) in known:
                continue
            try:
                self._open.append(LogFile(name))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise UnavailableError(
                    f"the log cannot be opened: {error.strerror}", where=str(name), do="let us read it"
                ) from error

    def _tell_lost(self, how: str, mark: Mark) -> None:
        self._lost(how)
        _log.error(
            "what came after is not to be found: lines may be lost",
            extra={"fields": {"file": mark.name, "offset": mark.offset, "how": how}},
        )


def _held_to(name: Path, mark: Mark) -> Found:
    """Hold a file to a mark."""
    found, file = _opened(name, mark)
    if file is not None:
        file.close()
    return found


def _has_lines(name: Path) -> bool:
    try:
        file = LogFile(name)
    except OSError:
        return False
    file.close()
    return file.mark().head_size > 0


def _is_marked(name: Path, mark: Mark) -> bool:
    return _held_to(name, mark) is Found.SAME


def _place(names: Sequence[Path], mark: Mark) -> tuple[int, LogFile] | None:
    """Find the marked file among some: where it is, and itself, at the mark. One that was empty, its inode alone tells."""
    is_it = [_inode(name) == (mark.device, mark.inode) for name in names]
    # The same inode first: two files may begin alike.
    for index in sorted(range(len(names)), key=lambda index: not is_it[index]):
        if mark.head_size or is_it[index]:
            _, file = _opened(names[index], mark)
            if file is not None:
                return index, file
    return None


def _opened(name: Path, mark: Mark) -> tuple[Found, LogFile | None]:
    """Hold a file to a mark; where it is the marked one, it comes along, at the mark."""
    try:
        file = LogFile(name)
    except OSError:
        return Found.OTHER, None
    try:
        found = file.seek(mark)
    except UnavailableError:
        found = Found.OTHER
    if found is Found.SAME:
        return found, file
    file.close()
    return found, None


def _inode(name: Path) -> tuple[int, int] | None:
    try:
        known = name.stat()
    except OSError:
        return None
    return known.st_dev, known.st_ino


def _changed_at(name: Path) -> float:
    try:
        return name.stat().st_mtime
    except OSError:
        return 0.0
