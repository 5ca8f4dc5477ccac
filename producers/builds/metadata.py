"""What an installed path declares: `pyproject.toml`, else `setup.cfg`, with the extras that the config asks for.

In a pyproject.toml that is the standard's `[project]`, else Poetry's or Flit's own table. What only a setup.py or a
build backend says is missing: it would have to be run.
"""

import configparser
import posixpath
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from packaging.utils import canonicalize_name

from producers.builds.errors import MissingError, UnreadableError
from producers.builds.event import Requirement
from producers.builds.poetry import Line, lines_of
from producers.builds.requirement_files import Gathering, Read, decode
from producers.builds.requirements import read_line
from producers.builds.words import ErrorWord

ALL: Final = "all"
"""Said instead of a list of extras or groups, it means every one there is."""

_EXTRAS_DEPTH: Final = 10


@dataclass(frozen=True, slots=True)
class Declares:
    """Requirement lines of a project: what it always needs, by extra, by dependency group."""

    name: str | None
    always: tuple[Line, ...]
    extras: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def read_metadata(gathering: Gathering, folder: str, extras: Any, groups: Any) -> None:
    """Add the requirements of the project in `folder` (as from the checkout).

    Raises MissingError where neither file says what it needs: only running its code would tell.
    """
    declares = _pyproject(gathering.read, folder) or _setup_cfg(gathering.read, folder)
    if declares is None:
        raise MissingError
    gathering.lines(declares.always, folder)
    gathering.lines(_of_extras(declares, _asked(extras, declares.extras)), folder)
    for group in _asked(groups, declares.groups):
        gathering.lines(_of_group(declares, group, _EXTRAS_DEPTH), folder)


def _asked(given: Any, known: Mapping[str, Any]) -> list[str]:
    if given == ALL and ALL not in known:
        return list(known)
    words = [given] if isinstance(given, str) else given if isinstance(given, Sequence) else ()
    return [canonicalize_name(word) for word in words if isinstance(word, str)]


def _of_extras(declares: Declares, asked: Sequence[str]) -> Iterator[Line]:
    """Give the lines of extras; one that names the project itself (`kiln[docs]`) stands for its extras."""
    waiting, seen = list(asked), set[str]()
    while waiting:
        extra = waiting.pop(0)
        if extra in seen:
            continue
        seen.add(extra)
        for line in declares.extras.get(extra, ()):
            row = read_line(line) if isinstance(line, str) else line
            if isinstance(row, Requirement) and row.name == declares.name:
                waiting.extend(row.extras)
            else:
                yield line


def _of_group(declares: Declares, group: str, depth: int) -> Iterator[Line]:
    for item in declares.groups.get(group, ()) if depth else ():
        if isinstance(item, str | Requirement):
            yield item
        elif isinstance(item, Mapping) and isinstance(item.get("include-group"), str):
            yield from _of_group(declares, canonicalize_name(item["include-group"]), depth - 1)


def _pyproject(read: Read, folder: str) -> Declares | None:
    try:
        data = tomllib.loads(decode(read(posixpath.join(folder, "pyproject.toml"))))
    except MissingError:
        return None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableError(ErrorWord.UNPARSEABLE) from error
    project, tool = data.get("project"), _mapping(data.get("tool"))
    if not isinstance(project, Mapping):
        return _poetry(_mapping(tool.get("poetry"))) or _flit(_mapping(_mapping(tool.get("flit")).get("metadata")))
    dynamic = _mapping(_mapping(tool.get("setuptools")).get("dynamic"))
    always = _texts(project.get("dependencies"))
    if "dependencies" in _texts(project.get("dynamic")):
        always = _from_files(dynamic.get("dependencies"))
        if not always:
            return _poetry(_mapping(tool.get("poetry")))  # else its build backend makes them up
    extras = {name: _texts(lines) for name, lines in _mapping(project.get("optional-dependencies")).items()}
    extras |= {name: _from_files(value) for name, value in _mapping(dynamic.get("optional-dependencies")).items()}
    groups = {name: tuple(items) for name, items in _mapping(data.get("dependency-groups")).items() if items}
    return Declares(_name(project.get("name")), always, _normalised(extras), _normalised(groups))


def _poetry(table: Mapping[str, Any]) -> Declares | None:
    if not isinstance(table.get("dependencies"), Mapping):
        return None
    optional = lines_of(table["dependencies"], optional=True)
    extras = {
        name: tuple(line for each in _texts(names) for line in optional.get(canonicalize_name(each), ()))
        for name, names in _mapping(table.get("extras")).items()
    }
    groups = {name: _mapping(group).get("dependencies") for name, group in _mapping(table.get("group")).items()}
    groups = {"dev": table.get("dev-dependencies"), **groups}
    return Declares(
        _name(table.get("name")),
        _flat(lines_of(table["dependencies"])),
        _normalised(extras),
        _normalised({name: _flat(lines_of(group)) for name, group in groups.items() if group}),
    )


def _flat(lines: Mapping[str, tuple[Line, ...]]) -> tuple[Line, ...]:
    return tuple(line for each in lines.values() for line in each)


def _flit(table: Mapping[str, Any]) -> Declares | None:
    if "requires" not in table and "requires-extra" not in table:
        return None
    extras = {name: _texts(lines) for name, lines in _mapping(table.get("requires-extra")).items()}
    return Declares(_name(table.get("dist-name")), _texts(table.get("requires")), _normalised(extras))


def _setup_cfg(read: Read, folder: str) -> Declares | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(decode(read(posixpath.join(folder, "setup.cfg"))))
    except MissingError:
        return None
    except configparser.Error as error:
        raise UnreadableError(ErrorWord.UNPARSEABLE) from error
    if not parser.has_section("options"):
        return None
    extras = dict(parser["options.extras_require"]) if parser.has_section("options.extras_require") else {}
    return Declares(
        _name(parser.get("metadata", "name", fallback=None)),
        _cfg_lines(parser.get("options", "install_requires", fallback="")),
        _normalised({name: _cfg_lines(text) for name, text in extras.items()}),
    )


def _cfg_lines(text: str) -> tuple[str, ...]:
    if text.strip().startswith("file:"):
        return tuple(f"-r {file.strip()}" for file in text.strip().removeprefix("file:").split(","))
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _from_files(value: Any) -> tuple[str, ...]:
    """Give setuptools' `{file = …}` as the lines that include these files."""
    files = _mapping(value).get("file")
    return tuple(f"-r {file}" for file in ([files] if isinstance(files, str) else _texts(files)))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _name(value: Any) -> str | None:
    return canonicalize_name(value) if isinstance(value, str) else None


def _normalised(named: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {canonicalize_name(name): lines for name, lines in named.items()}
