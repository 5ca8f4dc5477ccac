"""What the server and the routes say to each other: a request as it was read, and what to answer.

Nothing here is decoded: a path is the bytes of the request line, so that `%2F` and `/` stay two things.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RuleType(StrEnum):
    """What kind of rule took a request; NONE: no rule of the manifest did."""

    PYTHON = "python"
    NPM = "npm"
    CARGO = "cargo"
    DOCKER = "docker"
    FILE = "file"
    PIXEL = "pixel"
    CATCH_ALL = "catch-all"
    NONE = "none"


class Kind(StrEnum):
    """What was asked for, as the path alone says. Streams read wheel, sdist and the like from the file's name."""

    INDEX = "index"
    FILE = "file"
    METADATA = "metadata"
    SIGNATURE = "signature"
    PROVENANCE = "provenance"
    MANIFEST = "manifest"
    BLOB = "blob"
    TAGS = "tags"
    PIXEL = "pixel"
    PAGE = "page"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was read off the wire; `headers` has lower-case names, and only those that a route may look at.

    `query` is what stands after the first `?`, without it; a bare `?` and no `?` are both empty. `host` is as it was sent,
    with its port; `scheme` is what the client speaks, told by TLS or by a trusted proxy.
    """

    method: bytes
    host: bytes
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    scheme: bytes = b"http"


@dataclass(frozen=True, slots=True)
class About:
    """What an event says of a request (DL9): never a query, never a credential.

    `counted` is false where a Python project is not one that we serve (DL14): then there is no name here, and the event
    is a count alone.
    """

    rule: RuleType
    kind: Kind
    project: str | None = None
    version: str | None = None
    platform: str | None = None
    file: str | None = None
    counted: bool = True


Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, written at once. The server adds Content-Length, Date and Connection, and leaves out a HEAD's body."""

    status: int
    headers: Headers
    body: bytes
    about: About


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body comes in pieces from an upstream; `length` None: not known, so chunked.

    Whoever takes it reads `pieces` to the end or calls its `aclose`: that frees the upstream's connection.
    """

    status: int
    headers: Headers
    pieces: AsyncIterator[bytes]
    length: int | None
    about: About


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that needs an upstream. `about` is for an event whose client left before there was one.

    `target` is the URL that is asked first, for people. `answer` is given the process's upstreams and raises nothing but
    CancelledError. `proven` is what may be said once the upstream has what was asked for, where that is more than `about`:
    a log shows the answer without asking.
    """

    about: About
    target: bytes
    answer: Callable[[Any], Awaitable[Answer | Streamed]]
    proven: About | None = None
