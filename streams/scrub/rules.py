"""The rules that the schemas name: text in, text out (or null). A value that a rule does not know becomes `(other)`."""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from typing import Final

from streams.scrub.config import scrub_config
from streams.scrub.names import OTHER, PRIVATE, PUBLIC_CHANNELS, Names
from streams.scrub.text import plain, scrub_patterns, scrub_text

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
}
"""Closed sets by rule; another word becomes `(other)`."""

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}", re.ASCII)
_FLAG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_ERROR: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(?:\.[A-Za-z_]\w{0,63})*(?::\s?-?\w{1,40})?", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{4,64}", re.ASCII)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_IMAGE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?", re.ASCII)
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!*_~:-]*", re.ASCII)
_APT_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~:-]*", re.ASCII)
_CLAUSE: Final = re.compile(r"(===|~=|==|!=|<=|>=|<|>)\s*([A-Za-z0-9][A-Za-z0-9.!*_-]*)(?:\+[\w.-]*)?", re.ASCII)
_FIRST_OF_AN_ADDRESS: Final = 32
"""Four numbers below 256 are read as an address, not a version, when the first is at least this: releases such as
4.10.0.84 exist in numbers, a 192.0.2.1 does not."""


def rules(names: Names) -> Mapping[str, Rule]:
    """Give every rule by the name that the schemas use."""
    closed: dict[str, Rule] = {name: _closed(words) for name, words in VOCABULARIES.items()}
    return closed | {
        "id": scrub_patterns,
        "text": scrub_text,
        "word": _word,
        "flag": lambda text: text if _FLAG.fullmatch(text) and text == scrub_text(text) else OTHER,
        "error": lambda text: text if _ERROR.fullmatch(text) and text == scrub_text(text) else OTHER,
        "commit": lambda text: text if _COMMIT.fullmatch(text) else None,
        "digest": lambda text: text if _DIGEST.fullmatch(text) else None,
        "image": _image,
        "version": _version,
        "apt_version": _apt_version,
        "specifier": _specifier,
        "pip_name": names.of_pip,
        "apt_name": names.of_apt,
        "conda_name": lambda text: plain(text).lower(),
        "channel": lambda text: text if text in PUBLIC_CHANNELS else "private",
        "extension": names.of_module,
        "theme": names.of_theme,
        "config": lambda text: scrub_config(text, names),
    }


def _closed(words: frozenset[str]) -> Rule:
    return lambda text: text if text in words else OTHER


def _word(text: str) -> str | None:
    if not text:
        return None
    return text if _WORD.fullmatch(text) and text == scrub_text(text) else OTHER


def _image(text: str) -> str | None:
    last = text.rpartition("/")[2].partition("@")[0]
    return last if _IMAGE.fullmatch(last) and last == scrub_text(last) else PRIVATE


def _is_address(text: str) -> bool:
    try:
        return int(IPv4Address(text)) >> 24 >= _FIRST_OF_AN_ADDRESS
    except ValueError:
        return False


def _public_version(text: str, form: re.Pattern[str]) -> str | None:
    version = plain(text)
    if not form.fullmatch(version) or _is_address(version):
        return None
    # A version has no host, address or home in it; a token's prefix and randomness are what may hide there.
    return version if "<token>" not in scrub_text(version) and "<mac>" not in scrub_text(version) else None


def _version(text: str) -> str | None:
    return _public_version(text.partition("+")[0], _VERSION)


def _apt_version(text: str) -> str | None:
    return _public_version(text, _APT_VERSION)


def _specifier(text: str) -> str | None:
    clauses = [_CLAUSE.fullmatch(clause.strip()) for clause in plain(text).split(",") if clause.strip()]
    kept = [match.group(1) + match.group(2) for match in clauses if match and _public_version(match.group(2), _VERSION)]
    return ",".join(sorted(kept)) or None
