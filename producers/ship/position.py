"""The position file: how far the log was read, the numbers of the batches, and the round that is not known to have arrived.

It is written before a round is sent: whoever is killed then sends the very same records again, under the same numbers, and
streams drop what they had. So no line is lost and none counts twice. It is made anew in one step, readable by us alone.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from headcount.errors import HeadcountError, UnavailableError
from producers.ship.log_file import Mark
from producers.ship.record import Record

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the next batch of a partition goes on from; `cut_at` is when the last was made, seconds since 1970."""

    producer_id: str
    seq: int
    handed_over: int
    cut_at: float


@dataclass(frozen=True, slots=True)
class Position:
    """Everything that a shipper knows. `since` (microseconds since 1970 UTC): lines before it are passed over; `has_begun`:
    there was one that was not.

    `series` names the cluster and the topic that `numbers` count in; `pending` are the records of the last round, until
    they are delivered.
    """

    files: tuple[Mark, ...] = ()
    done: tuple[Mark, ...] = ()
    numbers: Mapping[int, Numbers] = field(default_factory=dict)
    pending: tuple[Record, ...] = ()
    series: str | None = None
    since: int | None = None
    has_begun: bool = False


class PositionFile:
    """The file in its folder, locked against a second shipper. Raises UnavailableError where the folder is of no use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "position.json"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock: IO[bytes] = (folder / "lock").open("ab")
        except OSError as error:
            raise _useless(folder, error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise UnavailableError(
                "another shipper follows this log", where=str(folder), do="stop it, or leave the log to it"
            ) from error

    def read(self) -> Position:
        """Give the position; an empty one where there is none yet. Raises HeadcountError for a file that is none."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Position()
        except OSError as error:
            raise _useless(self.path, error) from error
        try:
            return _position(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HeadcountError(
                "this is no position of ours",
                where=str(self.path),
                do="take it away to begin anew at the beginning of the log, where lines may be sent twice then",
            ) from error

    def write(self, position: Position, *, durable: bool) -> None:
        """Put a position in the place of the old one; `durable`: it outlives a power cut, too."""
        row = asdict(position) | {
            "format": FORMAT,
            "pending": [each.to_row() for each in position.pending],
        }
        new = self.path.with_suffix(".new")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
                json.dump(row, file)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            raise _useless(self.path, error) from error

    def close(self) -> None:
        """Leave the log to another shipper."""
        self._lock.close()


def folder_of(log: Path, state_dir: Path) -> Path:
    """Give the folder of a log's position: logs of one name in several folders have one each."""
    log = log.absolute()
    digest = hashlib.blake2b(os.fsencode(log), digest_size=6).hexdigest()
    return state_dir / "ship-nginx" / f"{log.name}-{digest}"


def _position(row: dict[str, Any]) -> Position:
    if row["format"] != FORMAT:
        raise ValueError("another format")
    return Position(
        tuple(Mark(**each) for each in row["files"]),
        tuple(Mark(**each) for each in row["done"]),
        {int(partition): Numbers(**each) for partition, each in row["numbers"].items()},
        tuple(Record.from_row(each) for each in row["pending"]),
        row["series"],
        row["since"],
        row["has_begun"],
    )


def _useless(path: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        f"the position cannot be kept: {error.strerror}",
        where=str(path),
        do="make room, or let us write there; --position names another folder",
    )
