"""Installs packages through the gateway, by the real pip and the real uv, each with an empty cache of its own."""

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headcount.demo.children import Children
from headcount.errors import HeadcountError

# Into a folder, as an environment would take longer than the install.
_PIP: Final = (
    "install", "--quiet", "--no-input", "--no-compile", "--disable-pip-version-check", "--only-binary=:all:",
    # Or pip would keep no index page of a plain http address, and the second install would show none of the 304s.
    "--trusted-host=127.0.0.1",
)  # fmt: skip
_UV: Final = ("pip", "install", "--quiet", "--no-config", "--no-progress", "--only-binary=:all:")
_PLACES: Final = re.compile(r"PIP_|UV_(?!NATIVE_TLS$|SYSTEM_CERTS$|INSECURE_HOST$|HTTP_TIMEOUT$)")
"""What the user has set for pip and uv: another index beside ours would take requests that are to be seen here."""


@dataclass(frozen=True, slots=True)
class Installer:
    """pip or uv: how it is run."""

    name: str
    command: Sequence[str]
    folder: Path
    """Where its cache and what it installs go."""

    def argv(self, index: str, packages: Sequence[str], target: Path) -> list[str]:
        """Give the command that installs packages from an index into a folder."""
        places = ["--cache-dir", str(self.folder / "cache"), "--target", str(target)]
        if self.name == "uv":
            return [*self.command, *_UV, "--python", sys.executable, *places, "--default-index", index, *packages]
        return [*self.command, *_PIP, *places, "--index-url", index, *packages]


def find_pip(children: Children, folder: Path) -> list[str]:
    """Give the command that runs pip: ours, or, as where uv made our environment, that of one made for it."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    done = children.run([sys.executable, "-m", "venv", str(folder)])
    if done.exit_code != 0:
        raise HeadcountError(
            f"there is no pip here, and none could be made: {(done.stderr or done.stdout).strip()}",
            where=sys.executable,
            do="install pip into this environment",
        )
    return [str(folder / "bin" / "python"), "-m", "pip"]


def find_uv() -> str | None:
    """Give the path of uv, beside our Python or on PATH; null where there is none."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def environment(environ: Mapping[str, str], connection: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of both: the user's way to the network, and nothing that names another index."""
    kept = {name: value for name, value in environ.items() if not _PLACES.match(name)}
    certificates = {"SSL_CERT_FILE": connection["PIP_CERT"]} if "PIP_CERT" in connection else {}
    return {**certificates, **kept, **connection, "PIP_CONFIG_FILE": os.devnull}


def install(
    children: Children,
    installer: Installer,
    environ: Mapping[str, str],
    *,
    index: str,
    packages: Sequence[str],
    target: Path,
) -> int:
    """Install, and give how many packages that were. Raises HeadcountError with the last that the installer said."""
    argv = installer.argv(index, packages, target)
    done = children.run(argv, environ=environ)
    if done.exit_code != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise HeadcountError(
            f"{installer.name} could not install through the gateway: {lines[-1] if lines else 'it said nothing'}",
            where=" ".join(argv),
            do="see gateway.log in the stack's logs, and whether this machine reaches the files of its index",
        )
    return len(list(target.glob("*.dist-info")))
