"""C1: the build's Python. A version is taken whole or not at all."""

import re
from typing import Final

from producers.builds.asking import Asker, decode_output
from producers.builds.collectors.found import Found
from producers.builds.errors import UnreadableError
from producers.builds.event import CondaPackage, Python
from producers.builds.words import ErrorWord

SECONDS: Final = 5.0

# `Python 3.6.5 :: Anaconda, Inc.`, `Python 2.7.9 |Continuum …|`, `GraalPy 3.11.7 (GraalVM …)`; `3.13.0+` is a build
# from a branch behind that release.
_FIRST: Final = re.compile(
    r"(?P<word>[A-Za-z]+)[ \t]+"
    r"(?P<version>[0-9]{1,4}(?:\.[0-9]{1,6}){1,3}(?:(?:a|b|rc|\.dev)[0-9]{1,6})?\+?)(?P<rest>$|[ \t]+(?:::|[(|\[]).*)"
)
_IMPLEMENTATIONS: Final = frozenset(
    {"GraalPy", "GraalVM", "IronPython", "Jython", "MicroPython", "Pyston", "RustPython", "Stackless"}
)
"""Who says its own name where CPython and PyPy say `Python`."""

_PYPY: Final = re.compile(
    r"\[PyPy[ \t]+(?P<version>[0-9]{1,4}(?:\.[0-9]{1,6})+(?:(?:a|b|rc|-[a-z]+)[0-9]*)?\+?)[\s,\]].*"
)


def parse_python(stdout: str, stderr: str = "") -> Python:
    """Read the answer of `python --version`; old ones answer on stderr. Raises UnreadableError for anything else."""
    lines = [line.strip() for line in (stdout if stdout.strip() else stderr).strip().split("\n")]
    first = _FIRST.fullmatch(lines[0])
    if first is None:
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    word, version = first["word"], first["version"]
    if word in _IMPLEMENTATIONS:
        return Python(version, word)
    if word != "Python":
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    second = lines[1] if len(lines) > 1 else ""
    if second.startswith("[Py"):
        pypy = _PYPY.fullmatch(second)
        if pypy is None:
            raise UnreadableError(ErrorWord.UNPARSEABLE)
        return Python(version, "PyPy", pypy["version"])
    # `Python 3.10.14 (39dc8d3c85a7, …)` goes on in a second line, which names the implementation.
    named = not first["rest"].strip().startswith("(") or second.startswith("[")
    return Python(version, "CPython" if named else None)


def collect_python(ask: Asker, python: str, conda: tuple[CondaPackage, ...]) -> Found[Python]:
    """Take the `python` row of a conda list, else ask the interpreter."""
    versions = {row.name: row.version for row in conda}
    if versions.get("python"):
        implementation, own = ("PyPy", versions["pypy"]) if "pypy" in versions else ("CPython", None)
        return Found(Python(versions["python"], implementation, own), 1)
    result = ask.run([python, "--version"], seconds=SECONDS)
    return Found(parse_python(decode_output(result.stdout), decode_output(result.stderr)), 1)
