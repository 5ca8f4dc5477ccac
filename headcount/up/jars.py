"""Kafka's jars: from Maven Central by coordinates, checked against `jars.lock`, kept in the cache folder.

A jar enters the cache only after its SHA-256 sum was right, by a rename; so what is there is whole, and a start with
a warm cache reads no jar.
"""

import hashlib
import importlib.resources
import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from headcount.errors import HeadcountError, UnavailableError
from headcount.up.state import explain_os_error

PARALLEL_DOWNLOADS = 6
TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    coordinates: str
    """group:artifact:version"""
    sha256: str

    @property
    def file_name(self) -> str:
        """Its name in the cache: with the sum, so that another sum is another file."""
        _, artifact, version = self.coordinates.split(":")
        return f"{artifact}-{version}-{self.sha256[:8]}.jar"


def parse_lock(text: str) -> list[Jar]:
    """`group:artifact:version sha256:HEX` a line."""
    rows = [line.split(" sha256:") for line in text.splitlines() if line]
    return [Jar(coordinates, sha256) for coordinates, sha256 in rows]


def locked_jars() -> list[Jar]:
    """The jars that this headcount runs Kafka with."""
    return parse_lock(importlib.resources.files("headcount.up").joinpath("jars.lock").read_text(encoding="utf-8"))


def missing_jars(folder: Path) -> list[Jar]:
    """Those of the lock that are not in the cache."""
    return [jar for jar in locked_jars() if not (folder / jar.file_name).exists()]


def class_path(folder: Path) -> list[Path]:
    """All jars, in the order of the lock. They must be there: see `fetch_jars`."""
    return [folder / jar.file_name for jar in locked_jars()]


def fetch_jars(folder: Path, tell: Callable[[str], None]) -> None:
    """Bring what is missing into the cache; says how far it is."""
    missing = missing_jars(folder)
    if not missing:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=".download-", ignore_cleanup_errors=True) as scratch,
            ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool,
        ):
            try:
                for count, _ in enumerate(pool.map(lambda jar: _fetch(jar, Path(scratch), folder), missing), start=1):
                    tell(f"downloading Kafka, the first time only: {count} of {len(missing)} jars")
            finally:
                pool.shutdown(cancel_futures=True)  # who asks to stop waits for six jars, not for all
    except OSError as error:  # also what the HTTP client raises
        if error.errno is not None:
            raise explain_os_error(error, folder) from error
        raise _unreachable(str(error), folder) from error


def _fetch(jar: Jar, scratch: Path, folder: Path) -> None:
    from jgo.maven import MavenContext  # slow to import, and only needed the first time

    logging.getLogger("jgo").setLevel(logging.ERROR)
    group, artifact, version = jar.coordinates.split(":")
    context = MavenContext(repo_cache=scratch, timeout=TIMEOUT_SECONDS)
    try:
        path: Path = context.project(group, artifact).at_version(version).artifact().resolve()
    except RuntimeError as error:  # jgo's word for "no repository has it"
        raise _unreachable(f"{jar.coordinates}: {error}", folder) from error
    accept(jar, path, folder)


def accept(jar: Jar, path: Path, folder: Path) -> None:
    """Move a downloaded file into the cache if its sum is right; refuse it otherwise."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != jar.sha256:
        raise HeadcountError(
            f"{jar.coordinates} is not the file that was locked: SHA-256 {found} instead of {jar.sha256}",
            where="the download from Maven Central",
            do="try again; if it stays so, something between you and Maven Central changes files: do not use them",
        )
    path.replace(folder / jar.file_name)


def _unreachable(reason: str, folder: Path) -> UnavailableError:
    return UnavailableError(
        f"Kafka's jars could not be downloaded: {reason}",
        where=f"Maven Central, into {folder}",
        do="check the network (HTTPS_PROXY is honoured), or set HEADCOUNT_KAFKA to a Kafka of your own",
    )
