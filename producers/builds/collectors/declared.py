"""C7: what a project declares, from the files that its config names. A file that it names and that is not there: missing."""

from collections.abc import Iterator, Mapping
from typing import Any

from producers.builds.asking import Asker
from producers.builds.collectors.config import parse_yaml
from producers.builds.collectors.found import Found
from producers.builds.errors import MissingError, NotApplicableError, UnreadableError
from producers.builds.event import Requirement
from producers.builds.metadata import read_metadata
from producers.builds.requirement_files import Gathering, Read, decode, logical_lines
from producers.builds.words import ErrorWord


def collect_declared(ask: Asker, final: Mapping[str, Any] | None) -> Found[tuple[Requirement, ...]]:
    """Read every source that the config names; none: `empty`. Without a config nobody knows."""
    if final is None:
        raise MissingError
    return declared(final, ask.read)


def declared(final: Mapping[str, Any], read: Read) -> Found[tuple[Requirement, ...]]:
    """Gather the requirements of a merged config. Raises CollectorError where a source cannot be read whole."""
    gathering = Gathering(read)
    sources = 0
    for item in _items(final, "python", "install"):
        sources += _install(item, gathering)
    conda = final.get("conda")
    environment = conda.get("environment") if isinstance(conda, Mapping) else None
    if isinstance(environment, str):
        sources += 1
        gathering_lines = pip_lines(read(environment))
        gathering.lines(gathering_lines, environment.rpartition("/")[0])
    if not sources:
        raise NotApplicableError
    return gathering.found()


def _install(item: Any, gathering: Gathering) -> int:
    if not isinstance(item, Mapping):
        return 0
    if isinstance(item.get("requirements"), str):
        gathering.file(item["requirements"])
        return 1
    if isinstance(item.get("path"), str) or item.get("method") == "uv":
        extras = item.get("extra_requirements") or item.get("extras") or ()
        read_metadata(gathering, item.get("path") or ".", extras, item.get("groups") or ())
        return 1
    return 0


def pip_lines(content: bytes) -> Iterator[str]:
    """Give the logical lines under `pip:` of a conda environment file. Raises UnreadableError where it is none."""
    environment = parse_yaml(decode(content))
    dependencies = environment.get("dependencies") if isinstance(environment, Mapping) else None
    if not isinstance(dependencies, list):
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    for dependency in dependencies:
        lines = dependency.get("pip") if isinstance(dependency, Mapping) else None
        for line in lines if isinstance(lines, list) else ():
            yield from logical_lines(str(line))


def _items(final: Mapping[str, Any], part: str, name: str) -> list[Any]:
    section = final.get(part)
    items = section.get(name) if isinstance(section, Mapping) else None
    return items if isinstance(items, list) else []
