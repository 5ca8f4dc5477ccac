"""Real virtual environments, made once a run with uv and pip."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.builds_collector.wrapper import Wrapper


@pytest.fixture(scope="session")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip and a few small packages, one of them a pre-release or transitive only."""
    folder = tmp_path_factory.mktemp("venv") / "env"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*pip, "Jinja2", "zope.event", "iniconfig"], check=True)
    return folder


@pytest.fixture(scope="session")
def uv_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of uv: without pip."""
    return _by_uv(tmp_path_factory.mktemp("uv") / "env")


@pytest.fixture(scope="session")
def uv_system_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of uv that sees the site packages of its base installation, pip among them."""
    return _by_uv(tmp_path_factory.mktemp("uv") / "env", "--system-site-packages")


def _by_uv(folder: Path, *options: str) -> Path:
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "venv", "-q", *options, "--python", sys.executable, str(folder)], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", str(folder / "bin/python"), "Jinja2"], check=True)
    return folder


@pytest.fixture
def wrapper(tmp_path: Path, venv: Path) -> Wrapper:
    """`headcount build` in an empty checkout, with `venv` first on PATH and nothing of CI's in the environment."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    names = ("PATH", "HOME", "LANG", "TMPDIR")
    environ = {name: os.environ[name] for name in names if name in os.environ}
    environ |= {
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HEADCOUNT_STATE_DIR": str(tmp_path / "state"),
        "HEADCOUNT_SPOOL_DIR": str(tmp_path / "spool"),
    }
    quick = tmp_path / "quick/python"
    quick.parent.mkdir()
    quick.write_text("#!/bin/sh\nexit 1\n")
    quick.chmod(0o755)
    return Wrapper(checkout, environ, quick)
