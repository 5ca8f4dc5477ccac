"""Fetching a project's page from an upstream index, as JSON or HTML, and reading it."""

import asyncio
from typing import Final

from producers.gateway.python_index.index_page import UnreadableIndexError, read_index
from producers.gateway.python_index.pages import Outcome, Page
from producers.gateway.python_index.write import write_page
from producers.gateway.upstream.client import Client, Response
from producers.gateway.upstream.kept import AwayError, Fetched

ACCEPT: Final = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_VALIDATORS: Final = (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))
_GONE: Final = frozenset({404, 410})
IN_THREAD_BYTES: Final = 128 << 10
"""A page over this takes over some ten milliseconds to read and write, in which nobody would be answered."""


class IndexPages:
    """Fetches pages by their URL, which ends in `/{project}/`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def fetch(self, url: str, validators: tuple[tuple[str, str], ...]) -> Fetched[Page] | Outcome:
        """Fetch a page. Raises AwayError where the upstream does not answer with a page, a 304, or that it has none."""
        response = await self._client.get(url, {"Accept": ACCEPT, **dict(validators)})
        if response.status == 304 and validators:
            return Fetched(None, 0, validators)
        if response.status in _GONE:
            return Outcome.MISSING
        if response.status != 200:
            raise AwayError(f"status {response.status}")
        try:
            large = len(response.content) > IN_THREAD_BYTES
            page = await asyncio.to_thread(_read, response, url) if large else _read(response, url)
        except (UnreadableIndexError, RecursionError) as error:
            raise AwayError(str(error)) from error
        found = tuple((header, response.headers[name]) for name, header in _VALIDATORS if name in response.headers)
        return Fetched(page, page.size, found[:1])


def _read(response: Response, url: str) -> Page:
    project = url.rstrip("/").rpartition("/")[2]
    page = read_index(response.content, response.headers.get("content-type", ""), response.url, project)
    return write_page(page, project)
