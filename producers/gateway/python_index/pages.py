"""Index pages as routes see them: those at hand, and a way to ask for others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from producers.gateway.answer import Answer
from producers.gateway.python_index.accept import MediaType


@dataclass(frozen=True, slots=True)
class Body:
    """A page in one representation."""

    etag: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """A file of a page: its upstream URLs; `provenance` None: it has none, or none that is known."""

    url: str
    has_metadata: bool
    has_signature: bool
    provenance: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """An upstream's page, read and written anew: immutable but for `answers`, which routes fill as files are asked for."""

    bodies: Mapping[MediaType, Body]
    links: Mapping[str, Link]
    answers: dict[tuple[int, bytes], Answer] = field(default_factory=dict, compare=False)
    size: int = 0


class Outcome(StrEnum):
    """Why there is no page: the upstream has no such project, or it does not answer."""

    MISSING = "missing"
    AWAY = "away"


class Pages(Protocol):
    """Pages that are at hand; asking changes nothing and waits for nothing."""

    def at_hand(self, index: str, project: str) -> Page | None:
        """Give the page of a project, by its normal name, if it may be used for a file that is on it."""

    def fresh(self, index: str, project: str) -> Page | None:
        """Give the page if it may be used as it is for anything."""


class _NoPages:
    def at_hand(self, index: str, project: str) -> Page | None:
        return None

    def fresh(self, index: str, project: str) -> Page | None:
        return None


NO_PAGES: Final[Pages] = _NoPages()
