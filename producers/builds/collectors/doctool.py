"""C8: the documentation tool, its extensions and theme. Nothing of the project is run or unpickled: it is only read.

What the build itself reported comes first; else the tool's config file is read statically.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from producers.builds.asking import Asker
from producers.builds.collectors.found import Found
from producers.builds.doctool_command import Invocation, read_command
from producers.builds.errors import MissingError, NotApplicableError, UnreadableError
from producers.builds.event import DocTool, Package
from producers.builds.static_config import Static, parse_conf_py, parse_mkdocs_yml
from producers.builds.words import DocToolName, ErrorWord, Source

EXTENSIONS: Final = 500
CHARACTERS: Final = 200

REPORT: Final = "json/telemetry.json"
CONF_PY: Final = (
    "docs/conf.py",
    "doc/conf.py",
    "docs/source/conf.py",
    "doc/source/conf.py",
    "source/conf.py",
    "conf.py",
)
MKDOCS_YML: Final = ("mkdocs.yml", "mkdocs.yaml")


def tool_of(doctool: str | None, final: Mapping[str, Any] | None, command: tuple[str, ...]) -> DocToolName | None:
    """Give the tool: the host's word, else the config's, else that of COMMAND (B25)."""
    if isinstance(doctool, str) and doctool:
        return _tool_word(doctool)
    config = final or {}
    if isinstance(config.get("doctype"), str) and config["doctype"]:
        return _tool_word(config["doctype"])
    for name in (DocToolName.SPHINX, DocToolName.MKDOCS):
        if isinstance(config.get(name), Mapping):
            return name
    return read_command(command).tool


def _tool_word(word: str) -> DocToolName:
    """Read a host's word: Read the Docs says `sphinx_htmldir` and `sphinx_singlehtml` as well."""
    for name in (DocToolName.SPHINX, DocToolName.MKDOCS):
        if word.lower().startswith(name):
            return name
    return DocToolName.GENERIC


def parse_report(content: bytes) -> Static:
    """Read the build's own report: only `extensions` and `html_theme`, and no name of a tool. Raises UnreadableError."""
    try:
        report = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(ErrorWord.UNPARSEABLE) from error
    if not isinstance(report, Mapping):
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    extensions, theme = report.get("extensions", []), report.get("html_theme")
    if not isinstance(extensions, list) or not all(isinstance(item, str) for item in extensions):
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    if not (theme is None or isinstance(theme, str)) or not report.keys() & {"extensions", "html_theme"}:
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    return Static(tuple(extensions), theme or None)


def limited(read: Static) -> tuple[Static, int]:
    """Keep at most EXTENSIONS names that can be names, each once; give the number of those that were dropped.

    Raises MissingError where all of it is made up when it runs: there is nothing to read.
    """
    names = tuple(dict.fromkeys(name for name in read.extensions if name and len(name) <= CHARACTERS))[:EXTENSIONS]
    theme = read.html_theme if read.html_theme and len(read.html_theme) <= CHARACTERS else None
    lost = len(set(read.extensions)) - len(names) + (read.html_theme is not None and theme is None)
    if read.unread and not names and theme is None:
        raise MissingError
    return Static(names, theme), read.unread + lost


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: paths of reports, then of the tool's config file, in order, as from the checkout."""

    reports: tuple[str, ...]
    configs: tuple[str, ...]


def places(tool: DocToolName, final: Mapping[str, Any] | None, output: str | None, called: Invocation) -> Place:
    """Give where this build's report and config file may be."""
    section = (final or {}).get(tool)
    named = section.get("configuration") if isinstance(section, Mapping) else None
    first = [path for path in (named, called.config) if isinstance(path, str) and path]
    usual = CONF_PY if tool is DocToolName.SPHINX else MKDOCS_YML
    # A file that somebody named and that is not there is missing: another one is not the build's.
    configs = tuple(first[:1]) or usual
    outputs = [folder.rstrip("/") for folder in (output, called.output, "_build", "docs/_build") if folder]
    return Place(tuple(dict.fromkeys(f"{folder}/{REPORT}" for folder in outputs)), configs)


def tool_alone(tool: DocToolName | None, pip: tuple[Package, ...]) -> DocTool:
    """Give what is known without any file of the project: the name, and the version from pip's list."""
    return DocTool(tool, next((package.version for package in pip if package.name == tool), None))


def collect_doctool(ask: Asker, tool: DocToolName, place: Place, pip: tuple[Package, ...]) -> Found[DocTool]:
    """Read the report, else the config file. Raises CollectorError."""
    if tool is DocToolName.GENERIC:
        raise NotApplicableError
    read, source = _read(ask, tool, place)
    kept, dropped = limited(read)
    value = replace(tool_alone(tool, pip), extensions=kept.extensions, html_theme=kept.html_theme, source=source)
    return Found(value, max(len(kept.extensions), 1), unparsed=dropped)


def _read(ask: Asker, tool: DocToolName, place: Place) -> tuple[Static, Source]:
    for path in place.reports:
        try:
            return parse_report(ask.read(path)), Source.REPORT
        except MissingError:
            continue
    parse = parse_conf_py if tool is DocToolName.SPHINX else parse_mkdocs_yml
    for path in place.configs:
        try:
            return parse(ask.read(path)), Source.STATIC
        except MissingError:
            continue
    raise MissingError
