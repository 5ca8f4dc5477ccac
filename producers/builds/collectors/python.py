"""C1: the build's Python. A version is taken whole or not at all."""

import re
from typing import Final

from producers.builds.asking import Asker
from producers.builds.collectors.found import Found
from producers.builds.errors import UnreadableError
from producers.builds.event import CondaPackage, Python
from producers.builds.words import ErrorWord

SECONDS: Final = 5.0

# `Python 3.6.5 :: Anaconda, Inc.`, `Python 2.7.9 |Continuum …|`, `GraalPy 3.11.7 (GraalVM …)`; `3.13.0+` is a build
# from a branch behind that release.
_FIRST: Final = re.compile(
    r"(?P<word>[A-Za-z]*(?:[Pp]y|[Pp]ython|ython))\s+"
    r"(?P<version>\d{1,4}(?:\.\d{1,6}){1,3}(?:(?:a|b|rc|\.dev)\d{1,6})?\+?)(?:\s*$|\s+(?:::|[(|\[]))"
)
_PYPY: Final = re.compile(r"\[PyPy\s+(?P<version>\d{1,4}(?:\.\d{1,6})+(?:(?:a|b|rc|-\w+)\d*)?)\b")


def parse_python(stdout: str, stderr: str = "") -> Python:
    """Read the answer of `python --version`; old ones answer on stderr. Raises UnreadableError for anything else."""
    lines = (stdout if stdout.strip() else stderr).strip().splitlines()
    first = _FIRST.match(lines[0].strip()) if lines else None
    if first is None:
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    pypy = _PYPY.match(lines[1].strip()) if len(lines) > 1 else None
    if pypy:
        return Python(first["version"], "PyPy", pypy["version"])
    return Python(first["version"], "CPython" if first["word"].lower() == "python" else first["word"])


def collect_python(ask: Asker, python: str, conda: tuple[CondaPackage, ...]) -> Found[Python]:
    """Take the `python` row of a conda list, else ask the interpreter."""
    versions = {row.name: row.version for row in conda}
    if versions.get("python"):
        implementation, own = ("PyPy", versions["pypy"]) if "pypy" in versions else ("CPython", None)
        return Found(Python(versions["python"], implementation, own), 1)
    result = ask.run([python, "--version"], seconds=SECONDS)
    return Found(parse_python(result.stdout.decode(errors="replace"), result.stderr.decode(errors="replace")), 1)
