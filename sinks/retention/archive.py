"""Rows that are written to a folder before they are dropped (B45): compressed JSON lines, a file a table and day.

A file is written under another name, brought to the disk, read back and compared before it gets its own; and no row is
written that a file of that table and day already has. So a job that died in between may run again.
"""

import contextlib
import gzip
import os
import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, cast

from headcount.errors import UnavailableError
from headcount.postgres import Connection
from headcount.settings import variable

_DIGEST_BYTES: Final = 16
_SUFFIX: Final = ".jsonl.gz"


class ArchiveError(UnavailableError):
    """The archive cannot be written or read: nothing is dropped until it can be."""


class Archive:
    """A folder that exists; it is never made, as a missing one may be a disk that is not mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, table: str, day: date, lines: Generator[str]) -> int:
        """Write rows of a table and day, one JSON text each, and give how many were new. Raises ArchiveError.

        `lines` may read from a database: what it raises passes.
        """
        if not self._folder.is_dir():
            raise self._error(f"there is no folder {self._folder}")
        partial = self._folder / f".{table}-{day}{_SUFFIX}.partial"
        try:
            earlier = list(self._files(table, day))
            written = {digest for path in earlier for digest in _digests(path)}
            with contextlib.closing(lines):
                new = _write(partial, lines, written)
            if not new:
                partial.unlink()
                return 0
            _check(partial, new)
            partial.replace(self._path(table, day, len(earlier) + 1))
            _sync_folder(self._folder)
        except (OSError, EOFError, zlib.error) as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise self._error(f"{type(error).__name__}: {error}") from error
        return len(new)

    def _files(self, table: str, day: date) -> Iterator[Path]:
        number = 1
        while (path := self._path(table, day, number)).exists():
            yield path
            number += 1

    def _path(self, table: str, day: date, number: int) -> Path:
        return self._folder / f"{table}-{day}{'' if number == 1 else f'.{number}'}{_SUFFIX}"

    def _error(self, what: str) -> ArchiveError:
        return ArchiveError(
            f"rows cannot be archived, so none are dropped: {what}",
            where=f"{variable('archive_dir')}={self._folder}",
            do="make the folder writable, or make room; the job tries again within the hour",
        )


def read_lines(connection: Connection[Any], query: bytes, parameters: Sequence[Any]) -> Generator[str]:
    """Give the first column of a query's rows one by one, as no day is too large to be archived."""
    with connection.cursor() as cursor:
        rows = cast("Generator[tuple[Any, ...]]", cursor.stream(query, parameters))
        # Closed here, whatever happens: an open stream would let no rollback through.
        with contextlib.closing(rows):
            for row in rows:
                yield row[0]


def _write(path: Path, lines: Iterable[str], written: set[bytes]) -> list[bytes]:
    """Write the lines that are new and give the digest of each, in order."""
    new: list[bytes] = []
    known = set(written)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed:
            for line in lines:
                data = line.encode("utf-8") + b"\n"
                digest = _digest(data)
                if digest not in known:
                    packed.write(data)
                    new.append(digest)
                    known.add(digest)
        file.flush()
        os.fsync(file.fileno())
    return new


def _check(path: Path, expected: list[bytes]) -> None:
    if list(_digests(path)) != expected:
        raise OSError(f"{path.name} does not read as it was written")


def _digests(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as packed:
        for line in packed:
            yield _digest(line)


def _digest(line: bytes) -> bytes:
    return blake2b(line, digest_size=_DIGEST_BYTES).digest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
