"""Batches on disk while Kafka is away: one file a batch, written whole or not at all, oldest dropped first over the cap.

Each publisher has a folder of its own and holds a lock on it while it lives. A folder without a living owner is adopted:
its batches go out under their old producer and number, so that streams count each of them once, whoever sends it.
No fsync: a killed host loses nothing, a machine that loses power may lose its last seconds.
"""

import contextlib
import fcntl
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

from producers.publisher.batch import Batch

MAX_AGE_SECONDS: Final = 24 * 3600.0
"""Raw events hold what is personal: older ones are dropped (privacy.md)."""

_LOCK: Final = "lock"
_SUFFIX: Final = ".batch"


class Kept(NamedTuple):
    """A batch on disk. After a long outage there are a hundred thousand: a Path each would take five times the memory."""

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        """Its file."""
        return self.folder / self.name


class Spool:
    """The folder of one publisher, and the orphans beside it. Used by the publisher's own thread only."""

    def __init__(self, root: Path, *, max_bytes: int, name: str) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._own = root / name
        self._numbers = itertools.count()
        self._locks: dict[Path, IO[bytes]] = {}
        self._sizes: dict[Kept, int] = {}
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes of the batches that are ours to send."""
        return self._bytes

    def __len__(self) -> int:
        """Count the batches that are ours to send."""
        return len(self._sizes)

    def write(self, batch: Batch) -> Kept:
        """Keep a batch. Raises OSError (disk full, no permission): then it is not kept."""
        if self._own not in self._locks or not self._own.is_dir():
            self._make_own()
        content = batch.to_bytes()
        kept = Kept(self._own, f"{next(self._numbers):012d}{_SUFFIX}")
        path = kept.path
        new = path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        self._add(kept, len(content))
        return kept

    def _make_own(self) -> None:
        """Make our folder under a name that nobody adopts, lock it, and only then give it its own name."""
        if self._own in self._locks:
            self._locks.pop(self._own).close()  # somebody removed the folder under us
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = self._own.with_name(f".{self._own.name}")
        making.mkdir(mode=0o700, exist_ok=True)
        if not self._claim(making):
            raise OSError(f"cannot be locked: {making}")
        making.rename(self._own)
        self._locks[self._own] = self._locks.pop(making)

    def read(self, kept: Kept) -> Batch | None:
        """Read a batch; null (and the file is gone) where it is none."""
        try:
            return Batch.from_bytes(kept.path.read_bytes())
        except FileNotFoundError:
            self._forget(kept)
        except (OSError, ValueError, TypeError, KeyError):
            self.remove(kept)
        return None

    def remove(self, kept: Kept) -> None:
        """Let a batch go: it is delivered, or dropped."""
        self._forget(kept)
        kept.path.unlink(missing_ok=True)

    def _add(self, kept: Kept, size: int) -> None:
        self._sizes[kept] = size
        self._bytes += size

    def _forget(self, kept: Kept) -> None:
        self._bytes -= self._sizes.pop(kept, 0)

    def surplus(self, may_go: Callable[[Kept], bool]) -> Iterator[Kept]:
        """Give the oldest batches that have to go for the cap, of those that `may_go`."""
        over = self.bytes - self._max_bytes
        if over <= 0:
            return
        for kept in list(self._sizes):
            if over <= 0:
                return
            if may_go(kept):
                over -= self._sizes[kept]
                yield kept

    def adopt(self) -> list[Kept]:
        """Take over the folders that no living publisher owns; gives their batches, each folder's oldest first."""
        adopted: list[Kept] = []
        if not self._root.is_dir():
            return adopted
        for folder in sorted(self._root.iterdir(), key=_age):
            if folder.name.startswith(".") or folder in self._locks or not folder.is_dir() or not self._claim(folder):
                continue
            for path in sorted(folder.glob(f"*{_SUFFIX}")):
                with contextlib.suppress(OSError):  # gone a moment ago
                    kept = Kept(folder, path.name)
                    self._add(kept, path.stat().st_size)
                    adopted.append(kept)
        return adopted

    def _claim(self, folder: Path) -> bool:
        try:
            lock = (folder / _LOCK).open("ab")
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._locks[folder] = lock
        return True

    def tidy(self) -> None:
        """Remove adopted folders that are empty by now."""
        for folder in [one for one in self._locks if one != self._own]:
            if not any(folder.glob(f"*{_SUFFIX}")):
                shutil.rmtree(folder, ignore_errors=True)
                self._locks.pop(folder).close()

    def abandon(self) -> None:
        """Close our copies of the locks; the process that we were forked from keeps holding them."""
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()

    def close(self) -> None:
        """Give up all locks; folders with batches in them wait for the next publisher."""
        for folder, lock in self._locks.items():
            if not any(folder.glob(f"*{_SUFFIX}")):
                shutil.rmtree(folder, ignore_errors=True)
            lock.close()
        self._locks.clear()


def too_old(batch: Batch) -> bool:
    """Say whether a batch has waited longer than it may."""
    return time.time() - batch.created_at > MAX_AGE_SECONDS


def _age(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
