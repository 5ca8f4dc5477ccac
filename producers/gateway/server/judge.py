"""Whether what was parsed is a request that may be answered, and as what (DL7): pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from producers.gateway.answer import Answer, Request
from producers.gateway.server.wire import plain, split_target

_ALLOW: Final = ((b"Allow", b"GET, HEAD"),)
_LINE_REST: Final = len(b"  HTTP/1.1")
VERSIONS: Final = frozenset(("1.0", "1.1"))


@dataclass(frozen=True, slots=True)
class Malformed:
    """What is no request: the answer's status and line of text, and a word for the metric. There is no event of it."""

    status: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a request's line and of its headers, at most."""

    line_bytes: int = 8 * 1024
    headers_bytes: int = 32 * 1024


def judge(
    method: bytes,
    target: bytes,
    headers: Mapping[bytes, bytes],
    *,
    size: int,
    hosts: int,
    version: str,
    limits: Limits,
    scheme: bytes = b"http",
) -> Malformed | tuple[Request, Answer | None]:
    """Give the request, with an answer where the routes are not to be asked.

    `size` is that of all headers in bytes, `hosts` how many Host headers there were, `version` as `1.1`, `scheme` what the
    client speaks. A request with a
    body is never answered by a route, as none takes one: its connection ends, and nobody has to read the body.
    """
    if len(method) + len(target) + _LINE_REST > limits.line_bytes:
        return Malformed(414, "the request line is over 8 KiB", "long_line")
    if size > limits.headers_bytes:
        return Malformed(431, "the headers are over 32 KiB", "long_headers")
    if version not in VERSIONS:
        return Malformed(400, "this is no HTTP/1 request", "version")
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        return Malformed(400, "a request has one Host header", "host")
    if method == b"CONNECT" or target == b"*":
        return Request(method, headers.get(b"host", b""), b"*", b"", headers), plain(405, "GET or HEAD", _ALLOW)
    split = split_target(target)
    if split is None:
        return Malformed(400, "the target is no path and no http URL", "target")
    host, path, query = split
    request = Request(method, headers.get(b"host", b"") if host is None else host, path, query, headers, scheme)
    return request, _refusal(method, headers)


def _refusal(method: bytes, headers: Mapping[bytes, bytes]) -> Answer | None:
    if b"transfer-encoding" in headers or headers.get(b"content-length", b"0").strip(b"0"):
        if method in (b"GET", b"HEAD"):
            return plain(400, "a body does not belong here")
        return plain(405, "GET or HEAD", _ALLOW)
    if headers.get(b"expect", b"100-continue").lower() != b"100-continue":
        return plain(417, "only 100-continue can be expected")
    return None
