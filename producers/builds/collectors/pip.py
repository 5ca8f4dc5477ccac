"""C3, C4: what pip lists, all of it and the roots. Without pip (uv), the interpreter's own metadata."""

import re
from typing import Final

from packaging.utils import canonicalize_name

from producers.builds.asking import Asker, FailedExitError
from producers.builds.collectors.found import Found
from producers.builds.collectors.rows import find_rows, other_keys, texts
from producers.builds.errors import MissingError, UnreadableError
from producers.builds.event import Package
from producers.builds.words import ErrorWord

SECONDS: Final = 20.0

LIST: Final = ("-m", "pip", "--isolated", "--disable-pip-version-check", "list", "--pre", "--local", "--format", "json")

METADATA: Final = """
import importlib.metadata as m, json, os, sys
inside = os.path.realpath(sys.prefix) + os.sep
seen = {}
for d in m.distributions():
    name, version = d.metadata["Name"], d.version
    if name and version and (os.path.realpath(str(d.locate_file(""))) + os.sep).startswith(inside):
        seen.setdefault(name, version)
print(json.dumps([{"name": n, "version": v} for n, v in sorted(seen.items())]))
"""
"""The same list from an environment that has no pip; system site packages lie outside of its prefix."""

_NO_PIP: Final = re.compile(rb"No module named '?pip'?\s*$", re.MULTILINE)
"""A pip that is there and lacks a part of its own (`No module named 'pip._internal'`) has failed."""

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+!_~-]*")


def parse_pip_list(text: str) -> Found[tuple[Package, ...]]:
    """Read a list of `pip list --format json`. Raises UnreadableError.

    A row without a name or version that can be one (pip lists a broken `-ip` as well) is dropped and counted.
    """
    rows = find_rows(text, "name", "version")
    packages: dict[Package, None] = {}
    dropped = 0
    for name, version in texts(rows, "name", "version"):
        if name and version and _NAME.fullmatch(name) and _VERSION.fullmatch(version):
            packages[Package(canonicalize_name(name), version)] = None
        else:
            dropped += 1
    if rows and not packages:
        raise UnreadableError(ErrorWord.NO_LIST)
    return Found(tuple(packages), len(packages), unparsed=dropped, dropped_keys=other_keys(rows, "name", "version"))


def collect_pip_all(ask: Asker, python: str) -> Found[tuple[Package, ...]]:
    """List the environment's packages, transitive and pre-release ones too."""
    try:
        text = ask.text([python, *LIST], seconds=SECONDS)
    except FailedExitError as error:
        if not _has_no_pip(error):
            raise
        text = ask.text([python, "-I", "-c", METADATA], seconds=SECONDS)
    return parse_pip_list(text)


def collect_pip_root(ask: Asker, python: str) -> Found[tuple[Package, ...]]:
    """List the packages that no other package depends on. Without pip nobody knows."""
    try:
        text = ask.text([python, *LIST, "--not-required"], seconds=SECONDS)
    except FailedExitError as error:
        raise MissingError if _has_no_pip(error) else error from error
    return parse_pip_list(text)


def _has_no_pip(error: FailedExitError) -> bool:
    return _NO_PIP.search(error.result.stderr) is not None
