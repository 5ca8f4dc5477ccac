"""Answers as bytes, request targets and header names: pure, and on the way of every request."""

from http import HTTPStatus
from typing import Final

from producers.gateway.answer import About, Answer, Headers, Kind, Request, RuleType

NO_BODY: Final = frozenset({204, 304})
_STATUS: Final = {status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus}
_NOTHING: Final = About(RuleType.NONE, Kind.OTHER)

WANTED: Final = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"authorization",
        b"content-length",
        b"dnt",
        b"docker-client",
        b"expect",
        b"host",
        b"if-modified-since",
        b"if-none-match",
        b"range",
        b"sec-gpc",
        b"transfer-encoding",
        b"upgrade",
        b"user-agent",
        b"x-forwarded-for",
        b"x-forwarded-proto",
    )
)
"""Headers that are kept of a request; of all others (Cookie and Referer among them) nothing is."""

UNUSUAL: Final = frozenset((b"content-length", b"expect", b"transfer-encoding", b"upgrade"))
"""Those that need a look before the request may be answered."""


class Names(dict[bytes, bytes | None]):
    """Header names as clients spell them → lower case, or null for one that is not kept."""

    _REMEMBERED: Final = 1000
    _BYTES: Final = 40

    def __missing__(self, name: bytes) -> bytes | None:
        lower = name.lower()
        known = lower if lower in WANTED else None
        if len(self) < self._REMEMBERED and len(name) < self._BYTES:
            self[name] = known
        return known


def plain(status: int, text: str, headers: Headers = (), *, about: About = _NOTHING) -> Answer:
    """Give an answer of the server's own, with one line of text."""
    return Answer(status, ((b"Content-Type", b"text/plain; charset=utf-8"), *headers), f"{text}\n".encode(), about)


def malformed_request() -> Request:
    """Give what stands for a request where there was none: its answer has a body."""
    return Request(b"GET", b"", b"", b"", {})


def head(status: int, headers: Headers, length: int | None, date: bytes, more: bytes) -> bytes:
    """Make the bytes up to the body. `length` null: none is said. `more` is whole header lines.

    Raises ValueError where a header's value would break out of its line: a mistake of the route that made it.
    """
    lines = [_STATUS.get(status) or b"HTTP/1.1 %d \r\n" % status]
    for name, value in headers:
        lines.append(b"%b: %b\r\n" % (name, value))
    made = b"".join(lines)
    if made.count(b"\n") != len(lines) or b"\0" in made or made.count(b"\r") != len(lines):
        raise ValueError("a header's value has a line end")
    if length is None:
        return b"%bDate: %b\r\n%b\r\n" % (made, date, more)
    return b"%bDate: %b\r\nContent-Length: %d\r\n%b\r\n" % (made, date, length, more)


def split_target(target: bytes) -> tuple[bytes | None, bytes, bytes] | None:
    """Split a request's target into host (null where the target has none), path and query; null where it is no target.

    Origin form `/path?query` and absolute form `http://host/path?query` (RFC 9112, 3.2). A fragment is cut.
    """
    if b"#" in target:
        target = target.partition(b"#")[0]
    if target.startswith(b"/"):
        path, _, query = target.partition(b"?")
        return None, path, query
    scheme, separator, rest = target.partition(b"://")
    if not separator or scheme.lower() not in (b"http", b"https"):
        return None
    end = min(at for at in (rest.find(b"/"), rest.find(b"?"), len(rest)) if at >= 0)
    host, rest = rest[:end], rest[end:]
    if not host or b"@" in host:
        return None
    path, _, query = rest.partition(b"?")
    return host, path or b"/", query
