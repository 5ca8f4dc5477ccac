"""One file of a log, plain or gzipped: whole lines from an offset on, and a mark by which its content is known again.

A name and an inode say little of a log that is rotated: a file is known by its first bytes and those before the offset.
"""

import gzip
import hashlib
import os
import time
import zlib
from dataclasses import dataclass
from enum import Enum
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple

from headcount.errors import UnavailableError

MAX_LINE_BYTES: Final = 64 * 1024
PRINT_BYTES: Final = 1024
"""Of the beginning, and of what stands before the offset: so many are compared."""

_CHUNK: Final = 256 * 1024
_GZIP: Final = b"\x1f\x8b"


class RawLine(NamedTuple):
    """A line without its end; `text` null: it is over MAX_LINE_BYTES. `offset` is in the content, unpacked."""

    offset: int
    text: bytes | None


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file was read: everything before `offset`, which is the beginning of a line.

    `head` is a hash of the file's first `head_size` bytes, `tail` of what stands before the offset, `looked_at` seconds
    since 1970.
    """

    name: str
    device: int
    inode: int
    offset: int
    head_size: int
    head: str
    tail: str
    looked_at: float


class Found(Enum):
    """What a file is, held to a mark: the marked one, a copy of it that ends before the mark, or another."""

    SAME = "same"
    SHORTER = "shorter"
    OTHER = "other"


class LogFile:
    """An open file. Raises OSError where it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO = path.open("rb", buffering=0)
        status = os.fstat(self._file.fileno())
        self.device, self.inode = status.st_dev, status.st_ino
        self.is_packed = os.pread(self._file.fileno(), len(_GZIP), 0) == _GZIP
        self._content = gzip.GzipFile(fileobj=self._file) if self.is_packed else self._file
        self.offset = 0
        """Of the first byte that no line given so far has."""

        self._head = self._tail = b""
        self._at = 0
        self._skipped = 0
        """Bytes of a line that is too long, thrown away; of these the first and the last are kept for the prints."""

        self._skipped_head = self._skipped_tail = b""
        self._looked_at = time.time()
        self.is_ended = False
        """Whether the last look came to the end of what is there."""

        # Also of a file that nobody has come to yet, it is known what it is.
        try:
            self._buffer = self._more(PRINT_BYTES)
        except UnavailableError:
            self._buffer = b""  # said when it is read

    def seek(self, mark: Mark) -> Found:
        """Go to a mark; where the content before it is another, the file is of no use any more."""
        self._content.seek(0)
        self._buffer, self._at = b"", 0
        head = self._read_whole(mark.head_size)
        if _hash(head) != mark.head:
            return Found.OTHER
        wanted = min(mark.offset, PRINT_BYTES)
        self._head = head[:wanted]
        self._content.seek(mark.offset - wanted)
        self._tail = self._read_whole(wanted)
        if self._content.tell() < mark.offset:
            return Found.SHORTER
        if _hash(self._tail) != mark.tail:
            return Found.OTHER
        self.offset = mark.offset
        self._buffer = self._more(PRINT_BYTES)
        return Found.SAME

    def is_still(self, mark: Mark) -> bool:
        """Tell whether what stands before a mark is what it was: a file that was truncated begins anew."""
        if self.is_packed:
            return True
        descriptor = self._file.fileno()
        wanted = min(mark.offset, PRINT_BYTES)
        return (
            os.fstat(descriptor).st_size >= self._content.tell()
            and _hash(os.pread(descriptor, mark.head_size, 0)) == mark.head
            and _hash(os.pread(descriptor, wanted, mark.offset - wanted)) == mark.tail
        )

    def mark(self) -> Mark:
        """Give the mark of where we are."""
        head = (self._head + self._skipped_head + self._buffer[self._at : self._at + PRINT_BYTES])[:PRINT_BYTES]
        return Mark(
            self.path.name,
            self.device,
            self.inode,
            self.offset,
            len(head),
            _hash(head),
            _hash(self._tail),
            self._looked_at,
        )

    def read(self, lines: int, size: int) -> list[RawLine]:
        """Give up to so many lines, and about `size` bytes of them. A last one without an end is left for later."""
        found: list[RawLine] = []
        until = self.offset + size
        self.is_ended = False
        while len(found) < lines and self.offset < until:
            end = self._buffer.find(b"\n", self._at)
            if end >= 0:
                found.append(self._take(end + 1))
                continue
            self._skip()
            self._looked_at = time.time()
            more = self._more()
            if not more:
                self.is_ended = True
                break
            self._buffer, self._at = self._buffer[self._at :] + more, 0
        return found

    def rest(self) -> list[RawLine]:
        """Give the last line of a file that nobody writes to any more, though it has no end."""
        return [self._take(len(self._buffer))] if self._at < len(self._buffer) or self._skipped else []

    @property
    def behind(self) -> int:
        """Bytes that are there and not given yet; of a packed file none are known of."""
        return 0 if self.is_packed else max(0, os.fstat(self._file.fileno()).st_size - self.offset)

    @property
    def changed_at(self) -> float:
        """When it was last written to, seconds since 1970."""
        return os.fstat(self._file.fileno()).st_mtime

    def close(self) -> None:
        """Let the file go."""
        self._content.close()
        self._file.close()

    def _read_whole(self, size: int) -> bytes:
        pieces = b""
        while len(pieces) < size and (piece := self._more(size - len(pieces))):
            pieces += piece
        return pieces

    def _more(self, size: int = _CHUNK) -> bytes:
        try:
            return self._content.read(size) or b""
        except (OSError, EOFError, zlib.error) as error:
            raise UnavailableError(
                f"the log cannot be read: {error}",
                where=f"{self.path}, after byte {self.offset}",
                do="mend the file or put it away, and start again: what was read of it is known",
            ) from error

    def _skip(self) -> None:
        """Throw away what is there of a line that is too long."""
        piece = self._buffer[self._at :]
        if len(piece) <= MAX_LINE_BYTES:
            return
        if not self._skipped:
            self._skipped_head = piece[:PRINT_BYTES]
        self._skipped += len(piece)
        self._skipped_tail = piece[-PRINT_BYTES:]
        self._buffer, self._at = b"", 0

    def _take(self, end: int) -> RawLine:
        piece = self._buffer[self._at : end]
        self._at = end
        whole = self._skipped + len(piece)
        line = RawLine(self.offset, None if whole - piece.endswith(b"\n") > MAX_LINE_BYTES else piece)
        self.offset += whole
        if len(self._head) < PRINT_BYTES:
            self._head = (self._head + self._skipped_head + piece)[:PRINT_BYTES]
        if len(piece) >= PRINT_BYTES:
            self._tail = piece[-PRINT_BYTES:]
        else:
            self._tail = ((self._skipped_tail or self._tail) + piece)[-PRINT_BYTES:]
        self._skipped, self._skipped_head, self._skipped_tail = 0, b"", b""
        return line


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
