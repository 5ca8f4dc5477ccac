"""Which Python a wrapped build used (builds.md I4): a pure choice over what the file system shows."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

DOC_TOOLS: Final = ("sphinx-build", "mkdocs")

_HEAD_BYTES: Final = 4096
_PYTHON: Final = re.compile(r"(?:python|pypy|graalpy)[\d.]*t?(?:\.exe)?")


def find_interpreter(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    given: str | None = None,
    directory: Path,
    own: Path = Path(sys.prefix),
) -> str | None:
    """Give the path of the interpreter to ask: named by hand, COMMAND's own, `$VIRTUAL_ENV`, `.venv`, PATH.

    headcount's own environment is taken last, unless COMMAND itself runs in it; None: no Python at all.
    """
    found = _find(command, environ, given, directory, own)
    # Asked from another folder, a path must not depend on this one. A link stays: it is what makes an environment.
    return str(directory / found) if found is not None and "/" in found else found


def _find(
    command: Sequence[str], environ: Mapping[str, str], given: str | None, directory: Path, own: Path
) -> str | None:
    path = environ.get("PATH", os.defpath)
    if given is not None:
        return shutil.which(given, path=path) or given
    script = shutil.which(command[0], path=path) if command else None
    if script is not None and (found := interpreter_of(Path(script), path)) is not None:
        return found
    candidates = list(_candidates(command, environ, path, directory))
    if _builds_in(own, path):
        return candidates[0] if candidates else None
    others = (candidate for candidate in candidates if not _is_in(candidate, own))
    return next(others, candidates[0] if candidates else None)


def interpreter_of(script: Path, path: str) -> str | None:
    """Give the Python that runs a script: itself where it is one, else that of its first line, links resolved.

    A Python's own link stays as it is: in a virtual environment it leads to the base installation.
    """
    if _PYTHON.fullmatch(script.name):
        return str(script)
    try:
        with script.resolve().open("rb") as file:
            head = file.read(_HEAD_BYTES).decode(errors="replace")
    except OSError:
        return None
    return _named_in(head, path)


def _named_in(head: str, path: str) -> str | None:
    lines = head.splitlines()
    if not lines or not lines[0].startswith("#!"):
        return None
    words = lines[0][2:].split()
    if words and Path(words[0]).name == "env":
        named = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
        return shutil.which(named, path=path) if _PYTHON.fullmatch(named) else None
    whole = lines[0][2:].strip()
    if _PYTHON.fullmatch(Path(whole).name):
        return whole
    if words and _PYTHON.fullmatch(Path(words[0]).name):
        return words[0]
    # A path too long, or with blanks, for a first line: installers write `#!/bin/sh` and `'''exec' PYTHON "$0" "$@"`.
    if len(lines) > 1 and lines[1].startswith("'''exec' "):
        rest = shlex.split(lines[1].removeprefix("'''exec' "), posix=True)
        if rest and _PYTHON.fullmatch(Path(rest[0]).name):
            return rest[0]
    return None


def _candidates(command: Sequence[str], environ: Mapping[str, str], path: str, directory: Path) -> Iterator[str]:
    if environ.get("VIRTUAL_ENV"):
        yield from _in_environment(directory / environ["VIRTUAL_ENV"])
    if len(command) > 1 and Path(command[0]).name == "uv" and "run" in command[1:]:
        for folder in (directory, *directory.parents):
            yield from _in_environment(folder / environ.get("UV_PROJECT_ENVIRONMENT", ".venv"))
    for name in ("python", "python3"):
        for entry in path.split(os.pathsep):
            found = shutil.which(name, path=entry) if entry else None
            if found is not None:
                yield found


def _in_environment(folder: Path) -> Iterator[str]:
    python = folder / "bin" / "python"
    if python.exists():
        yield str(python)


def _is_in(python: str, prefix: Path) -> bool:
    """Tell whether an interpreter belongs to an environment: by its folder, as its link leads elsewhere."""
    return Path(python).parent.resolve() == (prefix / "bin").resolve()


def _builds_in(own: Path, path: str) -> bool:
    """Tell whether the doc tool that a shell would run lives in our own environment: then the build does as well."""
    return any(_is_in(found, own) for tool in DOC_TOOLS if (found := shutil.which(tool, path=path)))


def conda_prefix_of(python: str | None) -> str | None:
    """Give the conda environment that an interpreter belongs to; None where it belongs to none (B18)."""
    if python is None:
        return None
    prefix = Path(python).parent.parent
    return str(prefix) if (prefix / "conda-meta").is_dir() else None
