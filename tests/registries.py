"""The registries that the user's own tools would use, asked of the tools: their names stand nowhere in this tree."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from functools import cache


@cache
def python_index() -> str | None:
    """The index that pip looks in, with its last slash; None where it reaches none."""
    command = [sys.executable, "-m", "pip", "index", "versions", "-vv", "--no-cache-dir", "six"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r"Found index url (https?://\S+)", run.stdout)
    return None if found is None else found[1].rstrip("/") + "/"


@cache
def npm_registry() -> str | None:
    """The registry that npm installs from; None without npm, or where it does not answer."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    run = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True, timeout=60, check=False)
    url = run.stdout.strip()
    return url.rstrip("/") if answers(url.rstrip("/") + "/left-pad") else None


@cache
def crates_index() -> str | None:
    """The sparse index that cargo asks for a crate; None without cargo, or where it reaches none."""
    cargo = shutil.which("cargo")
    if cargo is None:
        return None
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "CARGO_HOME": home, "CARGO_LOG": "network=debug"}
        command = [cargo, "info", "itoa"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=env, cwd=home)
    found = re.search(r"fetch (https://\S+)/config\.json", run.stderr)
    return None if found is None or run.returncode != 0 else found[1]


def answers(url: str) -> bool:
    """Whether a URL can be got at all."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False
