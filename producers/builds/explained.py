"""What one collector makes of what it asks for, without a build: the parsers of `headcount explain`."""

import json
import os
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from producers.builds.asking import FILE_BYTES, OUTPUT_BYTES, decode_output
from producers.builds.collect import run_collector
from producers.builds.collectors.apt import parse_dpkg
from producers.builds.collectors.conda import parse_conda_list
from producers.builds.collectors.config import config_text, parse_yaml
from producers.builds.collectors.declared import declared, pip_lines
from producers.builds.collectors.doctool import limited, parse_report
from producers.builds.collectors.found import Found
from producers.builds.collectors.pip import parse_pip_list
from producers.builds.collectors.python import parse_python
from producers.builds.collectors.system import parse_any
from producers.builds.errors import CollectorError, UnreadableError
from producers.builds.event import CollectorResult, DocTool, Python, Requirement, System
from producers.builds.local import read_regular
from producers.builds.metadata import read_metadata
from producers.builds.record import sendable, to_plain
from producers.builds.requirement_files import Gathering, Read
from producers.builds.static_config import parse_conf_py, parse_mkdocs_yml
from producers.builds.words import DocToolName, ErrorWord, Source, Status

STDIN: Final = "-"
_MKDOCS_KEYS: Final = frozenset({"site_name", "plugins", "theme", "nav", "docs_dir", "INHERIT"})


@dataclass(frozen=True, slots=True)
class Explained:
    """How what one collector asks is read, where its datum stands in the event, and what stands there without one."""

    path: tuple[str, ...]
    read: Callable[[bytes, str], Found[Any]]
    absent: Any = ()
    limit: int = OUTPUT_BYTES


def _text(parse: Callable[[str], Any]) -> Callable[[bytes, str], Found[Any]]:
    def read(content: bytes, _file: str) -> Found[Any]:
        value = parse(decode_output(content))
        return value if isinstance(value, Found) else Found(value, 1)

    return read


def _declared(content: bytes, file: str) -> Found[Any]:
    """Read one source of C7: by its name a pyproject.toml, a setup.cfg, or YAML, else requirements."""
    ending = Path(file).suffix.lower()
    read, name = _beside(content, file, {".toml": "pyproject.toml", ".cfg": "setup.cfg"}.get(ending))
    gathering = Gathering(read)
    if ending in (".toml", ".cfg"):
        read_metadata(gathering, posixpath.dirname(name), (), ())
    elif ending in (".yml", ".yaml"):
        value = parse_yaml(content)
        if isinstance(value, Mapping) and "dependencies" not in value:
            return declared(value, read)  # a config, which names other files
        gathering.lines(pip_lines(content), posixpath.dirname(name))
    else:
        gathering.file(name)
    return gathering.found()


def _beside(content: bytes, file: str, stands_for: str | None = None) -> tuple[Read, str]:
    """Give a reader of what is beside and below where we stand, in which `content` is that of `file`, and its name.

    `stands_for`: the name by which the file is asked for, whatever it is called.
    """
    here = Path.cwd()
    path = Path(file).absolute() if file != STDIN else here / "requirements.txt"
    root = here if path.is_relative_to(here) else path.parent
    asked = path.with_name(stands_for) if stands_for else path

    def read(name: str) -> bytes:
        if root / name == asked:
            if len(content) > FILE_BYTES:
                raise UnreadableError(ErrorWord.TOO_LARGE)
            return content
        return read_regular(str(root / name), str(root), FILE_BYTES)

    return read, os.path.relpath(asked, root)


def _doctool(content: bytes, file: str) -> Found[Any]:
    """Read one source of C8: by its name or, where that says nothing, by what is in it."""
    ending = Path(file).suffix.lower()
    if ending == ".json" or (ending not in (".py", ".yml", ".yaml") and content.lstrip()[:1] == b"{"):
        read, tool, source = parse_report(content), None, Source.REPORT
    elif ending in (".yml", ".yaml") or (ending != ".py" and _is_mkdocs(content)):
        read, tool, source = parse_mkdocs_yml(content), DocToolName.MKDOCS, Source.STATIC
    else:
        read, tool, source = parse_conf_py(content), DocToolName.SPHINX, Source.STATIC
    kept, dropped = limited(read)
    value = DocTool(tool, None, kept.extensions, kept.html_theme, source)
    return Found(value, max(len(kept.extensions), 1), unparsed=dropped)


def _is_mkdocs(content: bytes) -> bool:
    """Tell by what is in it: `site_name: x` alone would be good Python as well."""
    try:
        parse_mkdocs_yml(content)
        found = [line.partition(b":")[0].decode(errors="replace") for line in content.splitlines()]
    except CollectorError:
        return False
    return not _MKDOCS_KEYS.isdisjoint(found)


def _config(content: bytes, _file: str) -> Found[Any]:
    found = config_text(parse_yaml(content), str)
    return Found(json.loads(found.value), max(found.count, 1))


COLLECTORS: Final[Mapping[str, Explained]] = {
    "C1": Explained(("python",), _text(parse_python), Python()),
    "C2": Explained(("os",), _text(parse_any), System()),
    "C3": Explained(("packages", "pip", "all"), _text(parse_pip_list)),
    "C4": Explained(("packages", "pip", "root"), _text(parse_pip_list)),
    "C5": Explained(("packages", "conda", "all"), _text(parse_conda_list)),
    "C6": Explained(("packages", "apt", "all"), _text(parse_dpkg)),
    "C7": Explained(("packages", "pip", "declared"), _declared, limit=FILE_BYTES),
    "C8": Explained(("doctool",), _doctool, DocTool(), limit=FILE_BYTES),
    "C9": Explained(("config", "user"), _config, None, limit=FILE_BYTES),
}


def read_output(name: str, content: bytes, file: str = STDIN) -> tuple[Any, CollectorResult]:
    """Run a collector, C1 to C9, on what it asks for: its value (None: there is none) and result."""
    explained = COLLECTORS[name]

    def read() -> Found[Any]:
        if len(content) > explained.limit:
            raise UnreadableError(ErrorWord.TOO_LARGE)
        return explained.read(content, file)

    return run_collector(read, lambda: 0.0)


def explain_collector(name: str, content: bytes, file: str = STDIN) -> dict[str, Any]:
    """Give `status`, `error`, the counts, and the datum: as `datum`, and at its place in the event."""
    explained = COLLECTORS[name]
    value, outcome = read_output(name, content, file)
    result = to_plain(outcome)
    del result["duration_ms"]
    known = outcome.status in (Status.OK, Status.EMPTY) and value is not None
    datum = value if name == "C9" else sendable(value if known else explained.absent)
    placed: Any = datum
    for key in reversed(explained.path):
        placed = {key: placed}
    return {**result, "datum": datum, **placed}


def requirement_rows(content: bytes, file: str = STDIN) -> list[dict[str, Any]]:
    """Give a row a requirement, then one with the counts of the rest."""
    read, name = _beside(content, file)
    gathering = Gathering(read)
    gathering.file(name)
    found: Found[tuple[Requirement, ...]] = gathering.found()
    rest = {"unnamed": dict(found.unnamed), "unparsed": found.unparsed, "other_index": found.other_index}
    return [*map(sendable, found.value), rest]
