"""The state directory: its format, its lock, and `stack.json`, which says what runs and where it listens.

Everything that must survive a kill -9 is written to a temporary file and renamed, so that a reader sees the old or
the new and never a half.
"""

import errno
import fcntl
import importlib.resources
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from headcount.errors import HeadcountError, UnavailableError

FORMAT = 1
"""Raised when an older headcount could not open what a newer one wrote; a newer one opens every older format."""

ROLES = ("postgres", "headcount_owner", "headcount_sink", "headcount_reader")


@dataclass(frozen=True, slots=True)
class StateDir:
    """Names of what lies in a state directory. Makes nothing until `create`."""

    root: Path

    @property
    def kafka(self) -> Path:
        """Kafka's log segments and metadata."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """The database cluster, owned by the unprivileged user where we are root."""
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "logs"

    @property
    def gateway_manifest(self) -> Path:
        """What the local gateway serves, where the user names no manifest."""
        return self.root / "gateway.toml"

    @property
    def stack_file(self) -> Path:
        """What runs, and where."""
        return self.root / "stack.json"

    def create(self) -> None:
        """Make the directory, readable by its owner only, or refuse one that a newer headcount wrote."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.logs.mkdir(exist_ok=True)
            version_file = self.root / "format"
            if not version_file.exists():
                write_atomically(version_file, f"{FORMAT}\n")
            found = version_file.read_text(encoding="ascii").strip()
        except OSError as error:
            raise explain_os_error(error, self.root) from error
        if not found.isdigit() or int(found) > FORMAT:
            raise HeadcountError(
                f"this state has format {found!r}, and this headcount reads up to {FORMAT}",
                where=str(self.root / "format"),
                do="update headcount, or give another --state-dir",
            )

    def make_gateway_manifest(self) -> None:
        """Write the manifest that the gateway begins with, unless there is one: it is the user's from then on."""
        if not self.gateway_manifest.exists():
            text = importlib.resources.files("headcount.up").joinpath("gateway.toml").read_text(encoding="utf-8")
            write_atomically(self.gateway_manifest, text)

    def secrets(self) -> dict[str, str]:
        """Password by database role: random, made once, readable by the owner only."""
        path = self.root / "secrets.json"
        if not path.exists():
            write_atomically(path, json.dumps({role: secrets.token_urlsafe(24) for role in ROLES}))
        passwords: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return passwords

    def read_stack(self) -> dict[str, Any]:
        """What the supervisor last wrote; empty where none ever ran here."""
        try:
            stack: dict[str, Any] = json.loads(self.stack_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise explain_os_error(error, self.stack_file) from error
        return stack

    def write_stack(self, stack: Mapping[str, Any]) -> None:
        """Replace `stack.json` whole."""
        write_atomically(self.stack_file, json.dumps(stack, indent=1) + "\n")

    def lock(self) -> IO[str] | None:
        """Take the lock that a supervisor holds for its whole life; None where another has it. The kernel frees it,
        however we die."""
        handle = (self.root / "lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return None
        return handle


def write_atomically(path: Path, text: str) -> None:
    """Write a file that only its owner reads (0600), whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def explain_os_error(error: OSError, path: Path) -> UnavailableError:
    """One clear line for what the disk refused."""
    where = str(error.filename or path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UnavailableError(
            "the disk is full", where=where, do="free some space, or give a --state-dir on another disk"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UnavailableError(
            "no permission to write there", where=where, do="give a --state-dir that this user can write to"
        )
    return UnavailableError(
        f"{error.strerror or error}", where=where, do="check this path, or give another --state-dir"
    )
