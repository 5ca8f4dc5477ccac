"""`headcount explain collector|requirements`: what a collector makes of a tool's output, without a build."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from headcount.errors import HeadcountError
from producers.builds.asking import FILE_BYTES, OUTPUT_BYTES
from producers.builds.collect import run_collector
from producers.builds.collectors.apt import parse_dpkg
from producers.builds.collectors.conda import parse_conda_list
from producers.builds.collectors.config import as_json_value, parse_yaml
from producers.builds.collectors.doctool import limited, parse_report
from producers.builds.collectors.found import Found
from producers.builds.collectors.pip import parse_pip_list
from producers.builds.collectors.python import parse_python
from producers.builds.collectors.system import parse_any
from producers.builds.errors import CollectorError, UnreadableError
from producers.builds.event import DocTool, Requirement
from producers.builds.local import read_regular
from producers.builds.record import to_plain
from producers.builds.requirement_files import Gathering
from producers.builds.static_config import parse_conf_py, parse_mkdocs_yml
from producers.builds.words import DocToolName, ErrorWord, Source

STDIN: Final = "-"
_MKDOCS_KEYS: Final = frozenset({"site_name", "plugins", "theme", "nav", "docs_dir", "INHERIT"})


@dataclass(frozen=True, slots=True)
class Explained:
    """How the text of one collector is read, and where its datum stands in the event."""

    path: tuple[str, ...]
    read: Callable[[bytes, str], Found[Any]]


def _text(parse: Callable[[str], Any]) -> Callable[[bytes, str], Found[Any]]:
    def read(content: bytes, _file: str) -> Found[Any]:
        value = parse(content.decode(errors="replace"))
        return value if isinstance(value, Found) else Found(value, 1)

    return read


def _declared(content: bytes, file: str) -> Found[Any]:
    return gather(content, file).found()


def _doctool(content: bytes, _file: str) -> Found[Any]:
    if content.lstrip()[:1] == b"{":
        read, tool, source = parse_report(content), None, Source.REPORT
    elif _is_mkdocs(content):
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
    value = as_json_value(parse_yaml(content))
    return Found(value, max(len(value), 1) if isinstance(value, dict | list) else 1)


COLLECTORS: Final[Mapping[str, Explained]] = {
    "C1": Explained(("python",), _text(parse_python)),
    "C2": Explained(("os",), _text(parse_any)),
    "C3": Explained(("packages", "pip", "all"), _text(parse_pip_list)),
    "C4": Explained(("packages", "pip", "root"), _text(parse_pip_list)),
    "C5": Explained(("packages", "conda", "all"), _text(parse_conda_list)),
    "C6": Explained(("packages", "apt", "all"), _text(parse_dpkg)),
    "C7": Explained(("packages", "pip", "declared"), _declared),
    "C8": Explained(("doctool",), _doctool),
    "C9": Explained(("config", "user"), _config),
}


def explain_collector(name: str, content: bytes, file: str = STDIN) -> dict[str, Any]:
    """Give `status`, `error`, the counts, and the datum: as `datum`, and at its place in the event."""
    explained = COLLECTORS[name]
    if len(content) > OUTPUT_BYTES:
        value, result = None, {"status": "error", "error": ErrorWord.TOO_LARGE}
    else:
        value, outcome = run_collector(lambda: explained.read(content, file), lambda: 0.0)
        result = to_plain(outcome)
        del result["duration_ms"]
    datum = [] if value is None and explained.path[0] == "packages" else to_plain(value)
    placed: Any = datum
    for key in reversed(explained.path):
        placed = {key: placed}
    return {**result, "datum": datum, **placed}


def gather(content: bytes, file: str) -> Gathering:
    """Gather a requirements file and what it includes from beside and below where we stand."""
    here = Path.cwd()
    path = Path(file).absolute() if file != STDIN else here / "requirements.txt"
    root = here if path.is_relative_to(here) else path.parent

    def read(name: str) -> bytes:
        if root / name == path:
            return content
        return read_regular(str(root / name), str(root), FILE_BYTES)

    gathering = Gathering(read)
    gathering.file(os.path.relpath(path, root))
    return gathering


def requirement_rows(content: bytes, file: str = STDIN) -> list[dict[str, Any]]:
    """Give a row a requirement, then one with the counts of the rest."""
    found: Found[tuple[Requirement, ...]] = gather(content, file).found()
    rest = {"unnamed": dict(found.unnamed), "unparsed": found.unparsed, "other_index": found.other_index}
    return [*map(to_plain, found.value), rest]


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        raise HeadcountError(
            f"the file cannot be read: {error.strerror}", where=file, do="name another file, or - for stdin"
        ) from error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object on one line.")
@click.argument("name", metavar="COLLECTOR", type=click.Choice(list(COLLECTORS), case_sensitive=False))
@click.argument("file")
def collector(name: str, file: str, as_json: bool) -> None:
    """Show what COLLECTOR (C1 to C9) makes of FILE, which holds its tool's stdout; - is stdin.

    C7 reads a requirements file, C8 a conf.py, mkdocs.yml or telemetry.json, C9 a config file.

    Example: pip list --format json | headcount explain collector C3 -
    """
    click.echo(json.dumps(explain_collector(name, _content(file), file), indent=None if as_json else 2))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
@click.argument("file")
def requirements(file: str, as_json: bool) -> None:
    """Show how each line of the requirements FILE is classified; - is stdin. The last row counts what has no row.

    Example: headcount explain requirements docs/requirements.txt
    """
    try:
        rows = requirement_rows(_content(file), file)
    except UnreadableError as error:
        raise HeadcountError(f"the file cannot be read: {error.error}", where=file, do="name another file") from error
    for row in rows:
        click.echo(
            json.dumps(row) if as_json else "  ".join(f"{key}={json.dumps(value)}" for key, value in row.items())
        )
