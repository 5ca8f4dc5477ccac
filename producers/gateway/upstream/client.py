"""The one HTTP client that asks upstreams: bounded in time and size. All that it cannot get is an AwayError."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp

from producers.gateway.upstream.kept import AwayError

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 10.0
"""A whole page, redirects and all. Who waits longer has left."""

MAX_BYTES: Final = 64 << 20
"""The largest index pages that are known have a tenth of this."""

RAW_CONNECTIONS: Final = 1_000
"""A connection for each client that is proxied; more wait."""

_CHUNK: Final = 64 << 10
_MAX_REDIRECTS: Final = 10
_MAX_FIELD: Final = 32 << 10


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; `url` is where it came from, after redirects. `headers` are by lower-case name."""

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes


class Client:
    """An HTTP client of one event loop. To be closed."""

    def __init__(self, *, agent: str) -> None:
        self._agent = agent
        self._session: aiohttp.ClientSession | None = None
        self._raw_session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session, made when it is first needed: it belongs to the loop that runs then."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"User-Agent": self._agent},
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
                max_field_size=_MAX_FIELD,
                # Proxies are the operator's to set, and are set where every client of the machine finds them.
                trust_env=True,
            )
        return self._session

    @property
    def raw_session(self) -> aiohttp.ClientSession:
        """A session whose answers stay as they were encoded, for passing on."""
        if self._raw_session is None:
            self._raw_session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                max_field_size=_MAX_FIELD,
                connector=aiohttp.TCPConnector(limit=RAW_CONNECTIONS),
                trust_env=True,
            )
        return self._raw_session

    async def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """Get a URL whole, following redirects. Raises AwayError, also where it is too slow or too large."""
        try:
            async with self.session.get(url, headers=headers, max_redirects=_MAX_REDIRECTS) as response:
                content = bytearray()
                async for chunk in response.content.iter_chunked(_CHUNK):
                    content += chunk
                    if len(content) > MAX_BYTES:
                        raise AwayError(f"over {MAX_BYTES} bytes")
                found = {name.lower(): value for name, value in response.headers.items()}
                return Response(response.status, str(response.url), found, bytes(content))
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            # ValueError: a redirect to what is no URL.
            raise AwayError(type(error).__name__) from error

    async def close(self) -> None:
        """Close all connections."""
        for session in (self._session, self._raw_session):
            if session is not None:
                await session.close()
