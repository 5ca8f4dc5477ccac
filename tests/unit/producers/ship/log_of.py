"""A log as nginx writes it and logrotate rotates it, on a real disk."""

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

from producers.ship.follow import Follower

ROW: dict[str, Any] = {
    "at": "1795521600.123", "address": "198.51.100.7", "forwarded": "", "method": "GET", "host": "downloads.example.org",
    "uri": "/tool/1.0/tool-1.0.tar.gz", "status": "302", "bytes": "0", "range": "", "conditional": "",
    "agent": "pip/24.0", "dnt": "", "gpc": "",
}  # fmt: skip


def json_line(**changes: Any) -> bytes:
    """A line of our format; a change to None leaves the key out."""
    row = {name: value for name, value in (ROW | changes).items() if value is not None}
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogateescape")


class Log:
    """A log with numbered lines, and what was written to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "access.log"
        self.written: list[bytes] = []
        self._half = b""
        self._writer = self.path.open("ab", buffering=0)

    def write(self, *lines: bytes) -> None:
        for line in lines:
            self._writer.write(line[len(self._half) :] + b"\n")
            self._half = b""
            self.written.append(line)

    def close(self) -> None:
        self._writer.close()

    def write_half(self, line: bytes) -> None:
        """The first half of a line, whose rest the next `write` must begin with."""
        self._half = line[: len(line) // 2]
        self._writer.write(self._half)

    def _shift(self, name: str) -> Path:
        """Make room for .1: .2.gz becomes .3.gz and so on."""
        for number in range(90, 0, -1):
            for end in ("", ".gz"):
                old = self.path.with_name(f"{name}.{number}{end}")
                if old.exists():
                    old.rename(self.path.with_name(f"{name}.{number + 1}{end}"))
        return self.path.with_name(f"{name}.1")

    def rename(self) -> None:
        """Rotate by name; nginx goes on with the old file until `reopen`."""
        self.path.rename(self._shift(self.path.name))

    def reopen(self) -> None:
        self._writer.close()
        self._writer = self.path.open("ab", buffering=0)

    def copytruncate(self) -> None:
        shutil.copy2(self.path, self._shift(self.path.name))
        os.truncate(self.path, 0)

    def pack(self, number: int) -> None:
        """Pack a rotated file, as `delaycompress` does a rotation later; its time stays."""
        plain = self.path.with_name(f"{self.path.name}.{number}")
        if not plain.exists():
            return
        packed = plain.with_name(plain.name + ".gz")
        packed.write_bytes(gzip.compress(plain.read_bytes()))
        status = plain.stat()
        os.utime(packed, ns=(status.st_atime_ns, status.st_mtime_ns))
        plain.unlink()


def drain(follower: Follower, *, lines: int = 4_000) -> list[bytes | None]:
    """Everything that is there now, without line ends; None for a line that is too long."""
    found: list[bytes | None] = []
    while True:
        taken = follower.take(lines, 1 << 22)
        if taken is not None:
            found += [None if raw.text is None else raw.text.rstrip(b"\n") for raw in taken[1]]
        elif not follower.look():
            return found
