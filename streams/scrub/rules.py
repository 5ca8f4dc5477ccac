"""The rules that the schemas name: text in, text out (or null). A value that a rule does not know becomes `(other)`."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from streams.scrub.config import scrub_config
from streams.scrub.names import OTHER, PRIVATE, PUBLIC_CHANNELS, Names
from streams.scrub.text import FIRST_OF_AN_ADDRESS, plain, scrub_patterns, scrub_text
from streams.scrub.words import ERRORS, EXTRAS, IMPLEMENTATIONS, SYSTEM_WORDS, SYSTEMS, VERSION_WORDS

Rule = Callable[[str], str | None]

VOCABULARIES: Final[Mapping[str, frozenset[str]]] = {
    "version_kind": frozenset({"branch", "tag", "external"}),
    "stage": frozenset({"clone", "config", "environment", "install", "build", "upload"}),
    "status": frozenset({"normal", "cancelled", "timed_out", "out_of_memory", "config_invalid", "lost"}),
    "vcs": frozenset({"git", "hg", "svn", "bzr"}),
    "constraint": frozenset({"pinned", "prefix", "range", "none", "url", "vcs", "path", "invalid"}),
    "doctool": frozenset({"sphinx", "mkdocs", "generic"}),
    "source": frozenset({"report", "static"}),
    "collector_status": frozenset({"ok", "empty", "missing", "error", "timeout"}),
    "implementation": IMPLEMENTATIONS,
    "os_id": SYSTEMS,
}
"""Closed sets by rule; another word becomes `(other)`."""

_FLAG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_CLASS_NAME: Final = re.compile(r"(?:[a-z_]\w{0,63}\.)*[A-Z]\w{0,63}(?::\s?-?\d{1,9})?", re.ASCII)
_ERROR_WORD: Final = re.compile(r"([a-z_]{1,32})(?::\s?-?\d{1,9})?", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{4,64}", re.ASCII)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_IMAGE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,2}", re.ASCII)
_PYTHON_VERSION: Final = re.compile(
    r"\d{1,3}(?:\.\d{1,4}){1,3}(?:(?:a|b|c|rc|-alpha|-beta)\d{0,3})?(?:\.dev\d*)?\+?", re.ASCII
)
_BUILD_OS: Final = re.compile(r"([a-z]+)-(?:\d{1,4}(?:\.\d{1,4})?|lts-latest|latest|lts)", re.ASCII)
_PIP_VERSION: Final = re.compile(r"v?(?:\d+!)?\d[A-Za-z0-9.*_~-]*", re.ASCII)
_APT_VERSION: Final = re.compile(r"(?:\d+:)?\d[A-Za-z0-9.+~-]*", re.ASCII)
_APT_SUFFIX: Final = re.compile(r"(?=[+~-])")
_CONDA_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_LONG_LETTERS: Final = re.compile(r"[A-Za-z]{4,}")
_ADDRESS: Final = re.compile(r"(?<![\d.])(\d{1,3})\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])", re.ASCII)
_CLAUSE: Final = re.compile(r"(===|~=|==|!=|<=|>=|<|>)\s*([^\s+]+)(?:\+[\w.-]*)?", re.ASCII)


def rules(names: Names) -> Mapping[str, Rule]:
    """Give every rule by the name that the schemas use."""
    closed: dict[str, Rule] = {name: _closed(words) for name, words in VOCABULARIES.items()}
    return closed | {
        "id": scrub_patterns,
        "text": scrub_text,
        "flag": lambda text: _if(_FLAG, text),
        "error": _error,
        "commit": lambda text: text if _COMMIT.fullmatch(text) else None,
        "digest": lambda text: text if _DIGEST.fullmatch(text) else None,
        "image": _image,
        "number": lambda text: text if _NUMBER.fullmatch(text) else None,
        "python_version": lambda text: text if _PYTHON_VERSION.fullmatch(text) and not _has_address(text) else None,
        "build_os": _build_os,
        "os_name": _os_name,
        "version": _version,
        "apt_version": _apt_version,
        "specifier": _specifier,
        "extra": lambda text: text if text in EXTRAS or names.of_pip(text) != PRIVATE else OTHER,
        "pip_name": names.of_pip,
        "apt_name": names.of_apt,
        "conda_name": _conda_name,
        "channel": lambda text: text if text in PUBLIC_CHANNELS else "private",
        "extension": names.of_module,
        "theme": names.of_theme,
        "config": lambda text: scrub_config(text, names),
    }


def _closed(words: frozenset[str]) -> Rule:
    return lambda text: text if text in words else OTHER


def _if(form: re.Pattern[str], text: str) -> str:
    return text if form.fullmatch(text) and text == scrub_text(text) else OTHER


def _error(text: str) -> str:
    word = _ERROR_WORD.fullmatch(text)
    if word is not None:
        return text if word.group(1) in ERRORS else OTHER
    return _if(_CLASS_NAME, text)


def _image(text: str) -> str:
    name, at, digest = text.partition("@")
    if at and not digest.startswith("sha256:"):
        return PRIVATE  # an address of mail: its first part looks like a name
    last = name.rpartition("/")[2]
    # Name and tag each by itself: together they look like `secret: value`.
    is_plain = all(part == scrub_text(part) for part in last.split(":"))
    return last if _IMAGE.fullmatch(last) and is_plain else PRIVATE


def _build_os(text: str) -> str:
    match = _BUILD_OS.fullmatch(text)
    return text if match is not None and match.group(1) in SYSTEMS else OTHER


def _os_name(text: str) -> str | None:
    kept: list[str] = []
    for word in scrub_text(text).split():
        bare = word.strip("()\"',").lower()
        if bare not in SYSTEM_WORDS and not _NUMBER.fullmatch(bare):
            break
        kept.append(word)
    return " ".join(kept) or (OTHER if text.strip() else None)


def _conda_name(text: str) -> str:
    # A token shows in its own case, so it is looked for before the name is normalised.
    return text.lower() if _CONDA_NAME.fullmatch(text) and text == scrub_text(text) else PRIVATE


def _has_address(text: str) -> bool:
    return any(int(match.group(1)) >= FIRST_OF_AN_ADDRESS for match in _ADDRESS.finditer(text))


def _is_public(version: str, form: re.Pattern[str]) -> bool:
    words = (word.lower() for word in _LONG_LETTERS.findall(version))
    return (
        form.fullmatch(version) is not None
        and not _has_address(version)
        and all(word in VERSION_WORDS for word in words)
        # A version has no host or home in it; a token's form and randomness are what may hide there.
        and not any(kind in scrub_text(version) for kind in ("<token>", "<mac>", "<email>"))
    )


def _version(text: str) -> str | None:
    version = plain(text.partition("+")[0])
    return version if _is_public(version, _PIP_VERSION) else None


def _apt_version(text: str) -> str | None:
    """Keep what Debian and Ubuntu would write; an own suffix (`+acme1`) is cut with all that follows it."""
    version = ""
    for part in _APT_SUFFIX.split(plain(text)):
        if not _is_public(version + part, _APT_VERSION):
            break
        version += part
    return version or None


def _specifier(text: str) -> str | None:
    clauses = [_CLAUSE.fullmatch(clause.strip()) for clause in plain(text).split(",") if clause.strip()]
    kept = [match.group(1) + match.group(2) for match in clauses if match and _is_public(match.group(2), _PIP_VERSION)]
    return ",".join(sorted(kept)) or None
