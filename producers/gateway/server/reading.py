"""Bytes → requests, by httptools' parser, within the limits of a request's line and headers."""

from collections.abc import Callable
from typing import Final, NamedTuple

import httptools

from producers.gateway.answer import Answer, Request
from producers.gateway.server.judge import Limits, Malformed, judge
from producers.gateway.server.wire import UNUSUAL, Names

SLICE: Final = 8 * 1024
"""Bytes to give to `feed` at once: at most some 300 requests are in them."""

KEEP: Final = b""
KEEP_1_0: Final = b"Connection: keep-alive\r\n"
CLOSE: Final = b"Connection: close\r\n"

_SEPARATORS: Final = len(b": \r\n")
_SHORT: Final = 4096
_BLANK: Final = b" \t"
_SCHEMES: Final = (b"http", b"https")
_names: Final = Names()


class Asked(NamedTuple):
    """A request that waits for its answer. `connection` is the header line for it: after CLOSE nothing more is read.

    `refused` is the answer where no route is asked; without `is_event` it was no request at all.
    """

    request: Request
    connection: bytes
    version: str = "1.1"
    refused: Answer | None = None
    is_event: bool = True


Quick = Callable[[bytes, bytes, dict[bytes, bytes]], bool]


class Reading:
    """The parser of one connection.

    An ordinary GET is first offered to `quick` (host, target, headers), which says whether it has answered it; every other
    request goes to `asked`. `malformed` is called at most once, and nothing after it.
    """

    def __init__(
        self,
        quick: Quick,
        asked: Callable[[Asked], None],
        malformed: Callable[[Malformed], None],
        limits: Limits,
    ) -> None:
        self._quick = quick
        self._asked = asked
        self._malformed = malformed
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._size = 0
        self._hosts = 1
        """Where there is any."""

        self._version = ""
        self.pending = 0
        """Bytes since the last head that ended: with none, nothing is owed."""

        self.scheme = b"http"
        self.is_proxy = False
        """Whether the peer's word counts for the scheme."""

        self.has_ended = False
        """After a request that is the last one, or what is none."""

    def feed(self, data: bytes) -> None:
        """Parse some bytes, SLICE at most."""
        self.pending += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.has_ended = True  # answered as if nothing had been said of it
        except httptools.HttpParserError:
            self.refuse(Malformed(400, "this is no HTTP/1 request", "malformed"))
        if self.pending > SLICE:
            if len(self._target) > self._limits.line_bytes:
                self.refuse(Malformed(414, "the request line is over 8 KiB", "long_line"))
            elif self.pending > self._limits.line_bytes + self._limits.headers_bytes + SLICE:
                self.refuse(Malformed(431, "the headers are over 32 KiB", "long_headers"))

    def refuse(self, malformed: Malformed) -> None:
        """End the reading with what is no request."""
        if not self.has_ended:
            self.has_ended = True
            self._malformed(malformed)

    def on_url(self, target: bytes) -> None:
        """A request begins, or its target goes on."""
        if len(self._target) <= self._limits.line_bytes:
            self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is there whole."""
        self._size += len(name) + len(value) + _SEPARATORS
        known = _names[name]
        if known is None:
            return
        value = value.rstrip(_BLANK)  # the parser leaves what stands before the line's end
        headers = self._headers
        if known in headers:
            self._hosts += known == b"host"
            headers[known] += b", " + value
        else:
            headers[known] = value

    def on_headers_complete(self) -> None:
        """A request's head is there: that is all that is read of it."""
        self.pending = 0
        if self.has_ended:
            return
        target, headers, size, hosts = self._target, self._headers, self._size, self._hosts
        self._target, self._headers, self._size, self._hosts = b"", {}, 0, 1
        parser = self._parser
        host = headers.get(b"host")
        is_usual = host is not None and hosts == 1 and size <= _SHORT and UNUSUAL.isdisjoint(headers)
        method = parser.get_method()
        keeps = parser.should_keep_alive()
        if not self._version:
            self._version = parser.get_http_version()
        if (
            is_usual
            and keeps
            and method == b"GET"
            and self._version == "1.1"
            and self._quick(host or b"", target, headers)
        ):
            return
        self._version = parser.get_http_version()
        judged = judge(
            method,
            target,
            headers,
            size=size,
            hosts=0 if host is None else hosts,
            version=self._version,
            limits=self._limits,
            scheme=self._scheme(headers),
        )
        if isinstance(judged, Malformed):
            self.refuse(judged)
            return
        request, refused = judged
        connection = CLOSE
        if refused is None and keeps and not parser.should_upgrade():
            connection = KEEP if self._version == "1.1" else KEEP_1_0
        else:
            self.has_ended = True
        self._asked(Asked(request, connection, self._version, refused))

    def _scheme(self, headers: dict[bytes, bytes]) -> bytes:
        said = headers.get(b"x-forwarded-proto", b"").rpartition(b",")[2].strip().lower() if self.is_proxy else b""
        return said if said in _SCHEMES else self.scheme
