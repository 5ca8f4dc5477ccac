"""npm's packuments (DL20): fetched, with their tarballs led here, and kept like index pages."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from producers.gateway.answer import About, Answer, Request
from producers.gateway.answers import NO_STORE
from producers.gateway.npm import away, rewrite_packument
from producers.gateway.python_index.pages import Outcome
from producers.gateway.python_index.site import is_unchanged
from producers.gateway.upstream.client import Client
from producers.gateway.upstream.index_pages import IN_THREAD_BYTES
from producers.gateway.upstream.kept import AwayError, Fetched, Kept
from producers.gateway.upstream.told import Told

SHORT: Final = "application/vnd.npm.install-v1+json"
"""npm asks for this form of a packument when it installs, and for the whole otherwise."""

WHOLE: Final = "application/json"
_GONE: Final = frozenset({404, 410})
_JSON: Final = (b"content-type", b"application/json")
_VARY: Final = (b"vary", b"Accept")
_NO_CACHE: Final = (b"cache-control", b"no-cache")


@dataclass(frozen=True, slots=True)
class Packument:
    """A packument whose tarballs are here; `elsewhere` is where those of some versions really are."""

    etag: bytes
    content_type: bytes
    content: bytes
    elsewhere: Mapping[str, str]


class Packuments:
    """Packuments of one event loop. Those that are asked for with a token are somebody's own, and are not kept."""

    def __init__(
        self, client: Client, *, clock: Callable[[], float], max_bytes: int, slow_seconds: float, told: Told
    ) -> None:
        self._client = client
        self.kept = Kept(self.fetch, clock=clock, max_bytes=max_bytes, slow_seconds=slow_seconds, told=told)

    async def answer(self, request: Request, url: str, package: str, here: str, about: About, missing: About) -> Answer:
        """Answer with a packument whose tarballs are at `here`; `missing` is what is said where there is none."""
        accept = SHORT if SHORT.encode() in request.headers.get(b"accept", b"") else WHOLE
        found = await self._get("\n".join((url, accept, package, here)), request)
        if isinstance(found, Packument):
            return _whole(found, request, about)
        if found is Outcome.MISSING:
            return Answer(404, (_JSON, NO_STORE), b'{"error":"Not found"}', missing)
        return away(about)

    async def tarball(self, request: Request, url: str, package: str, version: str) -> str | Outcome:
        """Say where the tarball of a version is, which is at no place that its name tells."""
        found = await self._get("\n".join((url, SHORT, package, "")), request)
        return found.elsewhere.get(version, Outcome.MISSING) if isinstance(found, Packument) else found

    async def _get(self, key: str, request: Request) -> Packument | Outcome:
        authorization = request.headers.get(b"authorization")
        if authorization is None:
            return await self.kept.get(key)
        return await self._alone(key, authorization.decode("latin-1"))

    async def _alone(self, key: str, authorization: str) -> Packument | Outcome:
        try:
            fetched = await self.fetch(key, (("Authorization", authorization),))
        except AwayError:
            return Outcome.AWAY
        return fetched if isinstance(fetched, Outcome) else fetched.thing or Outcome.AWAY

    async def fetch(self, key: str, more: tuple[tuple[str, str], ...]) -> Fetched[Packument] | Outcome:
        """Fetch a packument; `more` are headers: validators or a token. Raises AwayError."""
        url, accept, package, here = key.split("\n")
        response = await self._client.get(url, {"Accept": f"{accept}; q=1.0, application/json; q=0.8", **dict(more)})
        if response.status == 304:
            return Fetched(None, 0, more)
        if response.status in _GONE:
            return Outcome.MISSING
        if response.status != 200:
            raise AwayError(f"status {response.status}")
        try:
            large = len(response.content) > IN_THREAD_BYTES
            given = response.content, package, here
            read = await asyncio.to_thread(rewrite_packument, *given) if large else rewrite_packument(*given)
        except (ValueError, RecursionError) as error:
            raise AwayError("no packument") from error
        content, elsewhere = read
        etag = b'"%s"' % hashlib.sha256(content).hexdigest()[:32].encode()
        kind = response.headers.get("content-type", WHOLE).encode("latin-1", "replace")
        validators = (("If-None-Match", response.headers["etag"]),) if "etag" in response.headers else ()
        return Fetched(Packument(etag, kind, content, elsewhere), len(content) + 200 * len(elsewhere), validators)


def _whole(found: Packument, request: Request, about: About) -> Answer:
    headers = ((b"etag", found.etag), _VARY, _NO_CACHE)
    if is_unchanged(request, found.etag):
        return Answer(304, headers, b"", about)
    return Answer(200, ((b"content-type", found.content_type), *headers), found.content, about)
