"""C6: every installed Debian package with its version, verbatim; and of the declared ones, what is installed."""

import re
from collections.abc import Iterable
from typing import Final

from producers.builds.asking import Asker
from producers.builds.collectors.found import Found
from producers.builds.errors import UnreadableError
from producers.builds.event import Package
from producers.builds.words import ErrorWord

SECONDS: Final = 10.0
QUERY: Final = ("dpkg-query", "--show", "--showformat", "${Package}\\t${Version}\\t${db:Status-Abbrev}\\n")

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9+.-]*")
_VERSION: Final = re.compile(r"(?:[0-9]+:)?(?=[A-Za-z.+~-]*[0-9])[0-9A-Za-z][0-9A-Za-z.+~:-]*")


def parse_dpkg(text: str) -> Found[tuple[Package, ...]]:
    """Read lines of name, version and, if there, status. Two architectures give one row.

    Raises UnreadableError where no line can be read, or most cannot, and where the last one is cut off.
    """
    packages: dict[Package, None] = {}
    lines = [line for line in text.split("\n") if line.strip()]
    if not text.endswith("\n") and len(lines) > 1 and len(_columns(lines[-1])) == 2 < len(_columns(lines[0])):
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    unreadable = 0
    for line in lines:
        columns = _columns(line)
        name, version, status = (*columns, "", "", "")[:3]
        name = name.partition(":")[0].lower()
        if not version or (len(columns) == 3 and status[1:2] != "i"):
            continue  # known to the database, not installed
        elif len(columns) in (2, 3) and _NAME.fullmatch(name) and _VERSION.fullmatch(version):
            packages[Package(name, version)] = None
        else:
            unreadable += 1
    readable = len(lines) - unreadable
    if lines and (readable < unreadable or not (packages or _all_absent(lines))):
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    return Found(tuple(packages), len(packages), unparsed=unreadable)


def _columns(line: str) -> list[str]:
    """Split a line: by the two tabs that were asked for, as a version between them may be empty, else by blanks."""
    return [column.strip() for column in line.split("\t")] if line.count("\t") == 2 else line.split()


def _all_absent(lines: list[str]) -> bool:
    """Tell a list of removed packages from prose: each line has the two tabs of the format that was asked for."""
    return all(line.count("\t") == 2 for line in lines)


def collect_apt_all(ask: Asker) -> Found[tuple[Package, ...]]:
    """List all installed packages."""
    return parse_dpkg(ask.text(QUERY, seconds=SECONDS))


def declared_packages(names: Iterable[str], installed: Iterable[Package]) -> Found[tuple[Package, ...]]:
    """Give the declared names with their installed version; None where a name is not installed (B21).

    A declared name may carry a version, an architecture or a release: `graphviz=2.42*`, `libc6:i386`, `vim/stable`.
    """
    versions = {package.name: package.version for package in installed}
    rows: dict[Package, None] = {}
    unreadable = 0
    for name in names:
        bare = re.split(r"[=:/]", name.strip().lower())[0] if isinstance(name, str) else ""
        if _NAME.fullmatch(bare):
            rows[Package(bare, versions.get(bare))] = None
        else:
            unreadable += 1
    return Found(tuple(rows), len(rows), unparsed=unreadable)
