"""Requirements that point to a place (a URL, a repository, a path) and what can be known of them without going there."""

import re
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion

from producers.builds.event import Requirement
from producers.builds.words import Constraint


class Unnamed(StrEnum):
    """What a requirement without a name points to. FILE: another requirements file, which could not be read."""

    PATH = "path"
    URL = "url"
    VCS = "vcs"
    VARIABLE = "variable"
    FILE = "file"


VCS: Final = re.compile(r"(?:git|hg|svn|bzr)(?:\+|://)", re.IGNORECASE)
URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|file:", re.IGNORECASE)

_VARIABLE: Final = re.compile(r"\$\{[A-Za-z0-9_]+\}")
_EGG: Final = re.compile(r"(?:^|&)egg=(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[(?P<extras>[^\]]*)\])?")
_SDISTS: Final = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")
_ARCHIVES: Final = (".whl", *_SDISTS)
_NO_PATH: Final = re.compile(r"""[\s<>|"*?]|==""")
_EXTRAS: Final = re.compile(r"\[[^\]]*\]$")


def read_pointer(text: str) -> Requirement | Unnamed | None:
    """Read a requirement that names no project in front; None where it points nowhere."""
    place, conditional = split_marker(text)
    if VCS.match(place):
        return _egg(place, Constraint.VCS, conditional) or Unnamed.VCS
    if URL.match(place):
        if " " in place:
            return None
        constraint, kind = (Constraint.PATH, Unnamed.PATH) if is_local(place) else (Constraint.URL, Unnamed.URL)
        return _egg(place, constraint, conditional) or _archive(place, constraint, conditional) or kind
    bare = _EXTRAS.sub("", place)
    if not _looks_like_path(bare):
        return None
    if _VARIABLE.search(bare):
        return Unnamed.VARIABLE
    extras = extra_names(place[len(bare) :].strip("[]"))
    return _archive(bare, Constraint.PATH, conditional, extras) or Unnamed.PATH


def is_local(url: str) -> bool:
    """Tell whether a URL leads to this machine's own files."""
    return url.lower().startswith("file:")


def is_archive(text: str) -> bool:
    """Tell whether a whole requirement is the name of a file: `foo-1.0.tar.gz` could be a project's name as well."""
    place = _EXTRAS.sub("", split_marker(text)[0])
    return place.lower().endswith(_ARCHIVES) and not re.search(r"[\s@]", place)


def split_marker(text: str) -> tuple[str, bool]:
    """Give what stands before the marker, and whether there is one. A `;` may be part of a URL, as pip has it."""
    if URL.match(text) or VCS.match(text):
        found = re.search(r";\s|\s;", text)
        return (text[: found.start()].strip(), True) if found else (text.strip(), False)
    place, semicolon, _ = text.partition(";")
    return place.strip(), bool(semicolon)


def name_and_version(place: str) -> tuple[str | None, str | None]:
    """Give the name and public version that the file name of a wheel or sdist says; None twice for another file."""
    path = place.partition("#")[0].partition("?")[0]
    file = unquote(re.split(r"[/\\]", path)[-1])
    try:
        if file.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(file)
        else:
            # An sdist of former times may be packed in another way than those of today.
            ending = next((each for each in _SDISTS if file.lower().endswith(each)), "")
            name, version = parse_sdist_filename(file[: len(file) - len(ending)] + ".tar.gz" if ending else file)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None, None
    return (name, version.public) if re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", name) else (None, None)


def extra_names(text: str | None) -> tuple[str, ...]:
    """Give the normalised, sorted names of `a, b`."""
    names = (name.strip() for name in (text or "").split(","))
    return tuple(sorted({canonicalize_name(name) for name in names if re.fullmatch(r"[A-Za-z0-9._-]+", name)}))


def _looks_like_path(place: str) -> bool:
    if place.startswith(("./", "../", "/", ".\\", "..\\", "~/")) or place in (".", ".."):
        return True
    named = "/" in place or "\\" in place or place.lower().endswith(_ARCHIVES)
    return named and not _NO_PATH.search(place)


def _egg(url: str, constraint: Constraint, conditional: bool) -> Requirement | None:
    found = _EGG.search(unquote(url.partition("#")[2]))
    if found is None:
        return None
    name = canonicalize_name(found["name"])
    version = None
    if constraint is not Constraint.VCS:
        file_name, file_version = name_and_version(url)
        version = file_version if file_name == name else None
    return Requirement(name, constraint, None, version, extra_names(found["extras"]), conditional)


def _archive(place: str, constraint: Constraint, conditional: bool, extras: tuple[str, ...] = ()) -> Requirement | None:
    name, version = name_and_version(place)
    return Requirement(name, constraint, None, version, extras, conditional) if name else None
