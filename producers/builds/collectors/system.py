"""C2: the operating system, from lsb_release, os-release, issue or Python's `platform`, the first that can be read."""

import re
from collections.abc import Callable
from typing import Final

from producers.builds.asking import Asker
from producers.builds.collectors.found import Found
from producers.builds.errors import AskTimeoutError, CollectorError, MissingError, UnreadableError
from producers.builds.event import System
from producers.builds.words import ErrorWord

SECONDS: Final = 5.0

PLATFORM: Final = (
    "import platform as p; m = p.mac_ver()[0]; w = p.win32_ver()[0]; "
    "print('macOS ' + m if m else 'Windows ' + w if w else p.system())"
)
"""No kernel's release: it says more about a machine than anybody asked."""

_DESCRIPTION: Final = re.compile(r"^[ \t]*Description:[ \t]*(.*)$", re.MULTILINE)
_ASSIGNMENT: Final = re.compile(r"^(PRETTY_NAME|ID)=(.*)$", re.MULTILINE)
# As in a shell: a quote that is opened is closed, and what is bare has no blank.
_VALUE: Final = re.compile(r"""\"(?P<double>(?:[^"\\]|\\.)*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s"'\\$`]*)""")
_DOTTED: Final = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_PLATFORM: Final = re.compile(r"(?:macOS|Windows) [0-9][0-9A-Za-z.]*|Linux|Darwin|(?:Free|Net|Open)BSD|SunOS|AIX")
_LONGEST: Final = 200
_NONE: Final = frozenset({"", "n/a", "(none)", "none", "unknown"})
_RUBBISH: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufffd\ud800-\udfff\\{}\[\]<>|\"]")


def parse_lsb_release(text: str) -> str:
    """Give the text after `Description:`."""
    found = _DESCRIPTION.search(text)
    return _name(found[1].strip().strip('"') if found else "")


def parse_os_release(text: str) -> tuple[str, str | None]:
    """Give PRETTY_NAME and ID."""
    values = {found[1]: _value(found[2].strip()) for found in _ASSIGNMENT.finditer(text)}
    return _name(values.get("PRETTY_NAME", "")), values.get("ID") or None


def _value(text: str) -> str:
    found = _VALUE.fullmatch(text)
    if found is None:
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    return re.sub(r"\\(.)", r"\1", found["double"]) if found["double"] else found["single"] or found["bare"] or ""


def parse_issue(text: str) -> str:
    r"""Give the first line of /etc/issue without its escapes (`\n \l`); `\S` alone says nothing."""
    lines = text.strip().splitlines()
    line = lines[0].partition("\\")[0] if lines else ""
    return _name(line.removeprefix("Welcome to ").strip().removesuffix("Kernel").rstrip(" -"))


def _name(text: str) -> str:
    name = text.strip()
    if name.lower() in _NONE or _RUBBISH.search(name) or len(name) > _LONGEST or not name[:1].isalnum():
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    return name


def system_of(name: str, identity: str | None) -> System:
    """Give the system of a name: its version is the first dotted number, its id os-release's or the first word."""
    version = _DOTTED.search(name)
    return System(name, version[0] if version else None, identity or name.split()[0].lower())


def parse_any(text: str) -> System:
    """Read the text of whichever source it is. Raises UnreadableError."""
    if _DESCRIPTION.search(text):
        return system_of(parse_lsb_release(text), None)
    if _ASSIGNMENT.search(text):
        return system_of(*parse_os_release(text))
    if re.search(r"\\[a-zA-Z]", text):
        return system_of(parse_issue(text), None)
    if _PLATFORM.fullmatch(text.strip()):
        return system_of(text.strip(), None)
    raise UnreadableError(ErrorWord.UNPARSEABLE)


def collect_system(ask: Asker, python: str) -> Found[System]:
    """Ask the sources in order. Where none answers: missing if none is there, else how the first of them failed."""
    failures: list[CollectorError] = []

    def attempt(source: Callable[[], str]) -> str | None:
        try:
            return source()
        except CollectorError as error:
            failures.append(error)
            return None

    release: tuple[str, str | None] | None = None
    name = attempt(lambda: parse_lsb_release(ask.text(["lsb_release", "--description"], seconds=SECONDS)))
    try:
        release = parse_os_release(ask.system_file("/etc/os-release"))
    except CollectorError as error:
        failures.append(error)
    if name is None and release is not None:
        name = release[0]
    if name is None:
        name = attempt(lambda: parse_issue(ask.system_file("/etc/issue")))
    if name is None:
        name = attempt(lambda: _name(ask.text([python, "-c", PLATFORM], seconds=SECONDS)))
    if name is None:
        raise next((error for error in failures if not isinstance(error, MissingError | AskTimeoutError)), failures[0])
    return Found(system_of(name, release[1] if release else None), 1)
