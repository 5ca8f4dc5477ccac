"""All that a process asks of upstreams, as routes see it."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

from headcount.metrics import Metrics
from producers.gateway.answer import About, Answer, Request, Streamed
from producers.gateway.manifest import CargoRule
from producers.gateway.python_index.pages import Outcome, Page
from producers.gateway.upstream.client import Client
from producers.gateway.upstream.index_pages import IndexPages
from producers.gateway.upstream.kept import MAX_BYTES, SLOW_SECONDS, AwayError, Fetched, Kept
from producers.gateway.upstream.packuments import Packuments
from producers.gateway.upstream.registry import read_through
from producers.gateway.upstream.told import Told

DOWNLOADS_BYTES: Final = 1 << 20
"""For the `dl` of cargo indexes: one a rule, a hundred bytes each."""


class Upstreams:
    """Index pages and what else is fetched, of one event loop. To be closed. It is a `python_index.pages.Pages` too."""

    def __init__(
        self,
        *,
        agent: str,
        clock: Callable[[], float] = time.monotonic,
        max_bytes: int = MAX_BYTES,
        slow_seconds: float = SLOW_SECONDS,
        metrics: Metrics | None = None,
    ) -> None:
        self._client = Client(agent=agent)
        fetch = IndexPages(self._client).fetch
        bounds: Any = {"clock": clock, "slow_seconds": slow_seconds}
        self._pages: Kept[Page] = Kept(fetch, max_bytes=max_bytes, told=Told("index", metrics), **bounds)
        self._packuments = Packuments(self._client, max_bytes=max_bytes // 2, told=Told("packument", metrics), **bounds)
        self._downloads: Kept[str] = Kept(
            self._fetch_download, max_bytes=DOWNLOADS_BYTES, told=Told("crates", metrics), **bounds
        )

    def at_hand(self, index: str, project: str) -> Page | None:
        """Give a page that is at most a day old."""
        return self._pages.at_hand(f"{index}{project}/")

    def fresh(self, index: str, project: str) -> Page | None:
        """Give a page that is at most a minute old."""
        return self._pages.fresh(f"{index}{project}/")

    async def page(self, index: str, project: str) -> Page | Outcome:
        """Give a page, asking the upstream where that is due."""
        return await self._pages.get(f"{index}{project}/")

    async def crate_downloads(self, rule: CargoRule) -> str | None:
        """Give the `dl` of a cargo index's config.json; None: it does not say."""
        found = await self._downloads.get(f"{rule.target}/config.json")
        return None if isinstance(found, Outcome) else found

    async def packument(
        self, request: Request, url: str, package: str, here: str, about: About, missing: About
    ) -> Answer:
        """Answer with a packument whose tarballs are at `here`."""
        return await self._packuments.answer(request, url, package, here, about, missing)

    async def tarball(self, request: Request, url: str, package: str, version: str) -> str | Outcome:
        """Say where the tarball of a version is, by its packument."""
        return await self._packuments.tarball(request, url, package, version)

    async def registry(self, request: Request, url: bytes, about: About) -> Answer | Streamed:
        """Ask a container registry on a client's behalf."""
        return await read_through(self._client, request, url, about)

    async def _fetch_download(self, url: str, _validators: tuple[tuple[str, str], ...]) -> Fetched[str] | Outcome:
        response = await self._client.get(url, {})
        try:
            download = json.loads(response.content)["dl"] if response.status == 200 else None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise AwayError("no config.json") from error
        if not isinstance(download, str):
            raise AwayError(f"status {response.status}")
        return Fetched(download, len(download), ())

    async def close(self) -> None:
        """End what is under way and close all connections."""
        await self._pages.close()
        await self._packuments.kept.close()
        await self._downloads.close()
        await self._client.close()
