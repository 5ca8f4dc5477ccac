"""C5: what a conda environment holds. Asked in conda environments only (B18)."""

import re
from dataclasses import dataclass
from typing import Final

from producers.builds.asking import Asker
from producers.builds.collectors.found import Found
from producers.builds.collectors.rows import find_rows, other_keys, texts
from producers.builds.errors import MissingError, NotApplicableError, UnreadableError
from producers.builds.event import CondaPackage
from producers.builds.words import ErrorWord

SECONDS: Final = 30.0
TOOLS: Final = ("conda", "mamba", "micromamba")

_NAME: Final = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?")
_VERSION: Final = re.compile(r"[0-9A-Za-z_][0-9A-Za-z.+!_~-]*")
_SECRET_PARTS: Final = re.compile(r"(?<=//)[^/@]*@|/t/[^/]+|[?#].*$")


@dataclass(frozen=True, slots=True)
class CondaEnvironment:
    """Where the packages are: a prefix, else an environment's name; neither: ask the container for CONDA_PREFIX."""

    prefix: str | None = None
    name: str | None = None


def parse_conda_list(text: str) -> Found[tuple[CondaPackage, ...]]:
    """Read a list of `conda list --json` (or mamba's, micromamba's). Raises UnreadableError for anything else."""
    rows = find_rows(text, "name", "version")
    packages: dict[CondaPackage, None] = {}
    dropped = 0
    for name, channel, version in texts(rows, "name", "channel", "version"):
        if name and version and _NAME.fullmatch(name.lower()) and _VERSION.fullmatch(version):
            # A channel's credentials stay behind; whether it is public, streams decide.
            packages[CondaPackage(name.lower(), channel and _SECRET_PARTS.sub("", channel), version)] = None
        else:
            dropped += 1
    if rows and not packages:
        raise UnreadableError(ErrorWord.NO_LIST)
    return Found(
        tuple(packages), len(packages), unparsed=dropped, dropped_keys=other_keys(rows, "name", "channel", "version")
    )


def collect_conda(ask: Asker, environment: CondaEnvironment | None) -> Found[tuple[CondaPackage, ...]]:
    """List the environment with the first of TOOLS that is there; elsewhere than in conda nothing is asked."""
    if environment is None:
        raise NotApplicableError
    where = _where(ask, environment)
    for tool in TOOLS:
        try:
            text = ask.text([tool, "list", "--json", *where], seconds=SECONDS)
        except MissingError:
            continue
        return parse_conda_list(text)
    raise MissingError


def _where(ask: Asker, environment: CondaEnvironment) -> tuple[str, ...]:
    if environment.prefix is None and environment.name is not None:
        return ("--name", environment.name)
    prefix = environment.prefix or ask.text(["printenv", "CONDA_PREFIX"], seconds=5.0).strip()
    return ("--prefix", prefix)
