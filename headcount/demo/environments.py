"""Makes the virtual environments in which the versions build: real ones, filled by pip from the index that pip uses.

Nothing here names an index, so that a mirror or a proxy that pip is set to is used here as well.
"""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from headcount.demo.children import Children
from headcount.demo.installs import find_uv
from headcount.demo.projects import Maker, Version
from headcount.errors import HeadcountError

_OTHER_PYTHONS: Final = tuple(f"python3.{minor}" for minor in (12, 13, 10, 11, 9, 14))
# Not compiled ahead: that takes as long as all the rest, for modules most of which no build imports.
_INSTALL: Final = (
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--no-input",
    "--no-compile",
    "--prefer-binary",
    "--retries=2",
)
_NO_INDEX_REACHED: Final = (
    "Could not find a version",
    "No matching distribution",
    "ConnectionError",
    "ProxyError",
    "SSLError",
)


def other_python(children: Children, find: Callable[[str], str | None] = shutil.which) -> str | None:
    """Give a Python of another minor version than ours; None where this machine has none that works."""
    for name in _OTHER_PYTHONS:
        path = None if name.endswith(f".{sys.version_info.minor}") else find(name)
        # A name on PATH may stand for a version that a version manager has not installed.
        if path and children.run([path, "-c", "import venv"]).exit_code == 0:
            return path
    return None


def make_environment(
    children: Children, folder: Path, version: Version, requirements: Path, *, maker: Maker, python: str
) -> None:
    """Make an environment in `folder` and install what the version declares.

    Raises HeadcountError with what pip said; where it reached no index, that in one line.
    """
    own = str(folder / "bin" / "python")
    packages = ["--requirement", str(requirements)]
    pip = [sys.executable, "-m", "pip", "--python", own]
    if importlib.util.find_spec("pip") is None:  # as where uv made our own environment
        _run(children, [python, "-m", "venv", str(folder)])
        pip = [own, "-m", "pip"]
    elif maker is Maker.UV and (uv := find_uv()):
        _run(children, [uv, "venv", "--quiet", "--no-config", "--python", python, str(folder)])
    else:
        # With pip like the rest, which takes a third of the time that `venv` takes for it.
        _run(children, [python, "-m", "venv", "--without-pip", str(folder)])
        packages.append("pip")
    done = children.run([*pip, *_INSTALL, *packages])
    if done.exit_code != 0:
        raise _refused(done.stderr, version, requirements)


def _run(children: Children, argv: list[str]) -> None:
    done = children.run(argv)
    if done.exit_code != 0:
        raise HeadcountError(
            f"no virtual environment could be made: {(done.stderr or done.stdout).strip()}",
            where=" ".join(argv),
            do="install Python's venv module (a package of its own on some systems), and see that the disk has room",
        )


def _refused(said: str, version: Version, requirements: Path) -> HeadcountError:
    if any(words in said for words in _NO_INDEX_REACHED):
        return HeadcountError(
            "pip reached no package index that has what the demo installs",
            where=f"pip install {' '.join(version.requirements)}",
            do="see that this machine is online, or that `pip config list` names an index that answers; then run it again",
        )
    lines = said.strip().splitlines()
    return HeadcountError(
        f"pip could not install: {lines[-1] if lines else 'it said nothing'}",
        where=str(requirements),
        do="run it by hand: pip install " + " ".join(f"'{line}'" for line in version.requirements),
    )
