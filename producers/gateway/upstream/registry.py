"""A container registry, read through us (DL24): streamed, and what it says of logging in goes to the client untouched."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from producers.gateway.answer import About, Answer, Headers, Request, Streamed
from producers.gateway.answers import registry_error
from producers.gateway.upstream.client import Client

PASSED_ON: Final = ("accept", "authorization", "range", "if-none-match", "if-modified-since", "user-agent")
"""Of a request: what a registry's reading needs, and no more."""

NOT_PASSED_BACK: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade", "content-length", "date", "server", "set-cookie", "alt-svc",
     "strict-transport-security", "location"}
)  # fmt: skip
"""Of an answer: what is between two hosts only, or is about a host that is not ours."""

MAX_HOPS: Final = 10
READ_SECONDS: Final = 60.0
"""For the next piece of a body, however long the whole takes."""

HEAD_SECONDS: Final = 15.0
"""For the answer's head."""

PIECE_BYTES: Final = 256 << 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_RETRY: Final[Headers] = ((b"retry-after", b"10"),)


async def read_through(client: Client, request: Request, url: bytes, about: About) -> Answer | Streamed:
    """Ask a registry as the client asked us, and give its answer in pieces.

    Redirects to `/v2/…` are followed, others go to the client with an absolute URL.
    """
    headers = {
        name: request.headers[name.encode()].decode("latin-1") for name in PASSED_ON if name.encode() in request.headers
    }
    query = b"?" + request.query if request.query else b""
    place = (url + query).decode("latin-1")
    method = "HEAD" if request.method == b"HEAD" else "GET"
    for _ in range(MAX_HOPS + 1):
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                response = await _ask(client, method, place, headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return _away(about)
        to = _redirected(response, place)
        if to is None or not urlsplit(to).path.startswith("/v2/"):
            return _streamed(response, to, method, about)
        response.release()
        if urlsplit(to).netloc != urlsplit(place).netloc:
            headers.pop("authorization", None)
        place = to
    return _away(about)


async def _ask(client: Client, method: str, place: str, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
    return await client.raw_session.request(
        method,
        URL(place, encoded=True),
        headers=headers,
        allow_redirects=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=HEAD_SECONDS, sock_read=READ_SECONDS),
    )


def _away(about: About) -> Answer:
    return registry_error(503, "UNAVAILABLE", "the upstream registry does not answer", about, _RETRY)


def _redirected(response: aiohttp.ClientResponse, place: str) -> str | None:
    location = response.headers.get("Location")
    if location is None:
        return None
    joined = urljoin(place, location)
    is_web = urlsplit(joined).scheme in ("http", "https") and bool(urlsplit(joined).hostname)
    return joined if is_web and response.status in _REDIRECTS else None


def _streamed(response: aiohttp.ClientResponse, to: str | None, method: str, about: About) -> Streamed:
    headers = [
        (name.lower(), value)
        for name, value in response.raw_headers
        if name.lower().decode("latin-1") not in NOT_PASSED_BACK
    ]
    if to is not None:
        headers.append((b"location", to.encode("utf-8", "replace")))
    length = response.headers.get("Content-Length", "")
    return Streamed(
        response.status,
        tuple(headers),
        _Pieces(response, has_body=method != "HEAD"),
        int(length) if length.isascii() and length.isdigit() else None,
        about,
    )


class _Pieces:
    """A body in pieces. Not a generator: closing one that was never begun would not free the connection."""

    def __init__(self, response: aiohttp.ClientResponse, *, has_body: bool) -> None:
        self._response = response
        self._pieces = aiter(response.content.iter_chunked(PIECE_BYTES)) if has_body else None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._pieces is None:
            raise StopAsyncIteration
        return await anext(self._pieces)

    async def aclose(self) -> None:
        """Free the connection: for others where the body was read to its end, else by closing it."""
        self._response.close()
