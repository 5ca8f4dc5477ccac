"""Answers onto a connection, and after each its event to the gatherer."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol

from producers.gateway.answer import About, Answer, Later, Request, Streamed
from producers.gateway.events.encode import Answered
from producers.gateway.server.reading import CLOSE, Asked
from producers.gateway.server.runtime import Runtime
from producers.gateway.server.wire import NO_BODY, head, plain

CLIENT_LEFT: Final = 499
UPSTREAM_BROKE: Final = 502

_OURS: Final = frozenset((b"connection", b"content-length", b"date", b"keep-alive", b"transfer-encoding"))
"""Headers of an upstream's answer that are between it and us."""

_answered: Final = Answered._make
"""Once a request: a call by its fields' names takes three times as long."""

_log = logging.getLogger("headcount.gateway")


class Connection(Protocol):
    """What an answer needs to know of where it goes."""

    runtime: Runtime
    transport: Any
    peer: str
    is_proxy: bool

    @property
    def paused(self) -> asyncio.Future[None] | None:
        """Done when the client has read enough again; null while it does."""

    def write(self, asked: Asked, answer: Answer) -> None:
        """Write a whole answer."""

    def is_last(self, asked: Asked) -> bool:
        """Whether the connection ends with this answer."""

    def end(self) -> None:
        """End after the last answer."""


def route(runtime: Runtime, request: Request) -> Answer | Later:
    """Ask the routes. A mistake of theirs is an answer too, as no input may give a 5xx or end the connection."""
    try:
        answer = runtime.route(request)
    except Exception as error:  # noqa: BLE001 - the outermost frame of a request
        return mistake(runtime, "route", error, 400)
    if isinstance(answer, Answer):
        with contextlib.suppress(ValueError):  # whoever writes it says so
            runtime.known.keep(request, answer)
    return answer


def mistake(runtime: Runtime, where: str, error: Exception, status: int) -> Answer:
    """Count and log a mistake of ours; gives what the client is told."""
    runtime.metrics.gateway_errors.labels(where).inc()
    # Neither the message nor the request: both hold what the client sent.
    _log.error("an answer failed", extra={"fields": {"where": where, "error": type(error).__name__}})
    return plain(status, "this cannot be answered")


def write(self: Connection, asked: Asked, answer: Answer) -> None:
    """Write a whole answer, tell of it, and end the connection if it was the last one."""
    is_last = self.is_last(asked)
    connection = CLOSE if is_last else asked.connection
    status, body = answer.status, answer.body
    try:
        made = head(status, answer.headers, None if status in NO_BODY else len(body), self.runtime.date, connection)
    except ValueError as error:
        answer = mistake(self.runtime, "header", error, 400)
        status, body = answer.status, answer.body
        made = head(status, answer.headers, len(body), self.runtime.date, connection)
    if not body or status in NO_BODY or asked.request.method == b"HEAD":
        self.transport.write(made)
        sent = 0
    else:
        self.transport.write(made + body)
        sent = len(body)
    if asked.is_event:
        tell(self, asked.request.method, asked.request.headers, answer.about, status, sent)
    if is_last:
        self.end()


def tell(self: Connection, method: bytes, headers: Mapping[bytes, bytes], about: About, status: int, sent: int) -> None:
    """Hand the event of an answered request over."""
    address = self.peer
    if self.is_proxy and b"x-forwarded-for" in headers:
        address = self.runtime.proxies.client(address, headers[b"x-forwarded-for"])
    get = headers.get
    self.runtime.add(
        _answered(
            (
                time.time_ns() // 1000,
                address,
                get(b"user-agent"),
                about,
                method,
                status,
                get(b"range"),
                b"if-none-match" in headers or b"if-modified-since" in headers,
                sent,
                get(b"dnt") == b"1" or get(b"sec-gpc") == b"1",
            )
        )
    )


async def reply(self: Connection, asked: Asked, later: Later) -> None:
    """Wait for an answer that needs an upstream, and write it, in pieces where it comes in pieces."""
    try:
        answer = await later.answer(self.runtime.upstreams)
    except asyncio.CancelledError:
        tell(self, asked.request.method, asked.request.headers, later.about, CLIENT_LEFT, 0)
        raise
    except Exception as error:  # noqa: BLE001 - the outermost frame of a request
        answer = mistake(self.runtime, "upstream", error, 503)
    if isinstance(answer, Streamed):
        await _stream(self, asked, answer)
    else:
        self.write(asked, answer)


async def _stream(self: Connection, asked: Asked, answer: Streamed) -> None:
    sent, status, is_whole = 0, CLIENT_LEFT, False
    has_body = asked.request.method != b"HEAD" and answer.status not in NO_BODY
    is_chunked = answer.length is None and asked.version == "1.1" and has_body
    is_last = self.is_last(asked) or (answer.length is None and not is_chunked and has_body)
    connection = CLOSE if is_last else asked.connection
    try:
        more = connection + (b"Transfer-Encoding: chunked\r\n" if is_chunked else b"")
        length = None if answer.status in NO_BODY else answer.length
        headers = tuple(pair for pair in answer.headers if pair[0].lower() not in _OURS)
        self.transport.write(head(answer.status, headers, length, self.runtime.date, more))
        if has_body:
            async for piece in answer.pieces:
                if answer.length is not None:
                    piece = piece[: answer.length - sent]
                if piece:
                    self.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
                    sent += len(piece)
                if self.paused is not None:
                    await self.paused
            if is_chunked:
                self.transport.write(b"0\r\n\r\n")
        is_whole = not has_body or answer.length is None or sent == answer.length
        status = answer.status if is_whole else UPSTREAM_BROKE
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - the outermost frame of a request
        mistake(self.runtime, "stream", error, 503)
        status = UPSTREAM_BROKE
    finally:
        tell(self, asked.request.method, asked.request.headers, answer.about, status, sent)
        await _close(answer)
    if not is_whole:
        self.transport.abort()  # the client must see that it has not got everything
    elif is_last:
        self.end()


async def _close(answer: Streamed) -> None:
    close = getattr(answer.pieces, "aclose", None)
    if close is not None:
        await close()
