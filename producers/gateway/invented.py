"""Values that a client can make up, such as a tag: only what looks like a version, and not without bound (DL10)."""

import ipaddress
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from producers.gateway.answer import About, RuleType

OTHER: Final = "other"
DIGEST: Final = "(digest)"
LIMIT: Final = 1_000
"""So many values a project and day, a process; all further ones are OTHER."""

MAX_CHARACTERS: Final = 64
_PIECES: Final = re.compile(r"[-_.+]+")
_NUMBER: Final = re.compile(r"v?[0-9]{1,8}")
_MIXED: Final = re.compile(r"[a-z]{1,3}[0-9]{1,4}(?:[a-z]{1,3}[0-9]{0,3})?|[0-9]{1,4}[a-z]{1,3}[0-9]{0,4}")
_SHORT: Final = re.compile(r"[a-z]{1,3}")
_LEAST_ADDRESS: Final = 10
"""Four numbers that begin lower are a version rather than somebody's address."""

WORDS: Final = frozenset(
    {"latest", "stable", "edge", "nightly", "main", "master", "trunk", "develop", "devel", "development", "current",
     "alpha", "beta", "preview", "snapshot", "testing", "unstable", "canary", "final", "post", "build", "hotfix", "patch",
     "slim", "alpine", "debian", "ubuntu", "fedora", "centos", "rocky", "bullseye", "bookworm", "trixie", "buster", "jammy",
     "noble", "focal", "bionic", "scratch", "distroless", "rootless", "debug", "full", "minimal", "server", "static",
     "linux", "darwin", "macos", "macosx", "windows", "freebsd", "openbsd", "netbsd", "android", "apple", "unknown", "musl",
     "gnueabihf", "musleabihf", "msvc", "universal", "amd64", "x86", "x64", "arm64", "aarch64", "armhf", "armv6", "armv7",
     "ppc64le", "s390x", "riscv64", "i386", "i686", "win32", "win64", "cuda", "rocm", "python", "node", "java", "openjdk",
     "release", "shared"}
)  # fmt: skip


def version_like(text: str) -> str:
    """Give a value that looks like a version, a channel or a platform as it is, anything else as OTHER."""
    return _version_like(text) if 0 < len(text) <= MAX_CHARACTERS else OTHER


@lru_cache(maxsize=16_384)
def _version_like(text: str) -> str:
    if _is_address(text):
        return OTHER
    pieces = _PIECES.split(text.lower())
    return text if all(map(_is_known, pieces)) else OTHER


def _is_known(piece: str) -> bool:
    is_word = piece in WORDS or piece.rstrip("0123456789") in WORDS
    return is_word or any(each.fullmatch(piece) for each in (_NUMBER, _MIXED, _SHORT))


def _is_address(text: str) -> bool:
    try:
        address = ipaddress.IPv4Address(text.partition("-")[0].partition("+")[0].lstrip("v"))
    except ValueError:
        return False
    return address.packed[0] >= _LEAST_ADDRESS


class Invented:
    """What was seen of a day's invented values. The day's are forgotten with the next day."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._day: int | None = None
        self._seen: dict[tuple[RuleType, str | None], set[str]] = {}

    def about(self, about: About, day: int) -> About:
        """Give what an event may say; `day` is any number that is another one each day.

        Only file and docker rules let a client name things that are on no list and no page.
        """
        if about.rule is not RuleType.FILE and about.rule is not RuleType.DOCKER:
            return about
        if day != self._day:
            self._day = day
            self._seen = {}
        changed: dict[str, Any] = {}
        project = about.project
        if project is not None and not self._is_within((about.rule, None), project):
            project = changed["project"] = OTHER
        for name, value in (("version", about.version), ("platform", about.platform)):
            if value is not None and value != DIGEST and not self._is_within((about.rule, project), value):
                changed[name] = OTHER
        return replace(about, **changed) if changed else about

    def _is_within(self, key: tuple[RuleType, str | None], value: str) -> bool:
        seen = self._seen.setdefault(key, set())
        if value in seen or value == OTHER:
            return True
        if len(seen) >= self._limit:
            return False
        seen.add(value)
        return True
