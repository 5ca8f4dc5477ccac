"""A manifest's text → a Manifest, or a ManifestError with all that is wrong."""

import re
import tomllib
from pathlib import Path as FilePath
from typing import Any, Final

from producers.gateway.answer import RuleType
from producers.gateway.manifest.clashes import clashes
from producers.gateway.manifest.model import Domain, Manifest, Rule, normal_host
from producers.gateway.manifest.places import Path, Places
from producers.gateway.manifest.problems import ManifestError, Problem
from producers.gateway.manifest.rules import READERS
from producers.gateway.manifest.table import Table, Wrong, did_you_mean

MAX_BYTES: Final = 16 << 20
"""A manifest of 100 000 rules is half of this."""

TELEMETRY: Final = "telemetry"
_SYNTAX_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_DO_HOST: Final = 'write a host\'s name, such as host = "downloads.example.org"'


def load_manifest(file: str) -> Manifest:
    """Read the manifest in a file. Raises ManifestError, also where the file cannot be read."""
    try:
        content = FilePath(file).read_bytes()
        text = content.decode()
    except OSError as error:
        what = f"the manifest cannot be read: {error.strerror}"
        raise ManifestError(file, [Problem(None, "", what, "name a file that can be read")]) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ManifestError(file, [Problem(line, "", "the manifest is not UTF-8", "save it as UTF-8")]) from error
    return read_manifest(text, file)


def read_manifest(text: str, file: str) -> Manifest:
    """Read a manifest's text; `file` is for messages. Raises ManifestError."""
    if len(text) > MAX_BYTES:
        what = f"the manifest is over {MAX_BYTES >> 20} MiB"
        raise ManifestError(file, [Problem(None, "", what, "split it over several gateways")])
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ManifestError(file, [_syntax(str(error), text)]) from error
    reading = _Reading(Places(text))
    domains = reading.document(document)
    problems = reading.problems or clashes(domains)
    if problems:
        raise ManifestError(file, sorted(problems, key=lambda problem: problem.line or 0))
    return Manifest(file, domains)


def _syntax(message: str, text: str) -> Problem:
    place = _SYNTAX_PLACE.search(message)
    line = None
    if place is not None:
        line = int(place.group(1)) if place.group(1) else text.count("\n") + (not text.endswith("\n"))
        message = message[: place.start()]
    return Problem(line, "", f"this is no TOML: {message}", "mend the line; texts stand in quotes, each key once")


class _Reading:
    """One pass over a document that goes on after an error, so that all are told at once."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.problems: list[Problem] = []

    def document(self, document: dict[str, Any]) -> tuple[Domain, ...]:
        domains = [self.domain(Table(path, values)) for path, values in self.tables((), document, "domain")]
        for key in document:
            if key != "domain":
                self.tell(Wrong((key,), f"{key} is no key here", did_you_mean(key, {"domain"})))
        return tuple(domain for domain in domains if domain is not None)

    def tables(self, path: Path, values: Any, key: str) -> list[tuple[Path, dict[str, Any]]]:
        """Give the tables of an array, each with its place. Without one, that is a problem."""
        found = values.get(key)
        header = f"[[{'.'.join([*(each for each in path if isinstance(each, str)), key])}]]"
        if found is None or found == []:
            self.tell(Wrong(path, f"there is no {header}", f"begin one with a line {header}"))
            return []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self.tell(Wrong((*path, key), f"{key} is no list of tables", f"begin each with a line {header}"))
            return []
        return [((*path, key, number), each) for number, each in enumerate(found)]

    def domain(self, table: Table) -> Domain | None:
        rules = [self.rule(Table(path, values)) for path, values in self.tables(table.path, table.values, "rule")]
        table.taken.add("rule")
        try:
            host = self.host(table)
            table.end()
        except Wrong as wrong:
            self.tell(wrong)
            return None
        return Domain(self.line(table.path), host, tuple(rule for rule in rules if rule is not None))

    def host(self, table: Table) -> str:
        given = table.text("host", 'host = "downloads.example.org"')
        try:
            encoded = given if given.isascii() else given.encode("idna").decode()
        except UnicodeError as error:
            raise table.wrong("host", f"{given[:100]!r} is no host: {error}", _DO_HOST) from error
        host = normal_host(encoded.encode())
        if not _HOST.fullmatch(host) or ".." in host:
            raise table.wrong("host", f"{given[:100]!r} is no host", _DO_HOST)
        return host

    def rule(self, table: Table) -> Rule | None:
        try:
            word = table.text("type", 'type = "python"')
            if word not in READERS:
                raise table.wrong("type", f"there is no type {word[:100]!r}", _do_type(word))
            rule = READERS[RuleType(word)](table, self.line(table.path))
            table.end()
        except Wrong as wrong:
            self.tell(wrong)
            return None
        return rule

    def line(self, path: Path) -> int:
        return self.places.line(path) or 1

    def tell(self, wrong: Wrong) -> None:
        key = ".".join(each for each in wrong.path if isinstance(each, str))
        self.problems.append(Problem(self.places.line(wrong.path), key, str(wrong), wrong.do))


def _do_type(word: str) -> str:
    if word == TELEMETRY:
        return "telemetry routes are not built yet; take the rule away"
    return did_you_mean(word, {str(each) for each in READERS})
