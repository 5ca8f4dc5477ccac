"""Upstreams: a small real server on loopback, asked as the gateway asks, by a clock that the tests move."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from headcount.metrics import Metrics
from producers.gateway.manifest import CargoRule
from producers.gateway.manifest.model import Names
from producers.gateway.python_index.accept import MediaType
from producers.gateway.python_index.pages import Outcome, Page
from producers.gateway.upstream import Upstreams, client

V1_JSON = "application/vnd.pypi.simple.v1+json"


@dataclass
class Index:
    """An index whose answers a test sets; `asked` are the headers of each request by path."""

    versions: int = 1
    status: int = 200
    content_type: str = V1_JSON
    body: bytes | None = None
    place: str | None = None
    etag: str | None = '"1"'
    hold: asyncio.Event | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    now: float = 1_000.0
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, dict(request.headers)))
        self.arrived.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.place is not None and not request.path.startswith(self.place):
            return web.Response(status=302, headers={"Location": self.place + request.path})
        headers = {} if self.etag is None else {"ETag": self.etag}
        if self.status == 200 and self.etag is not None and request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304, headers=headers)
        body = self.body if self.body is not None else page_of(self.versions)
        return web.Response(status=self.status, body=body, headers={**headers, "Content-Type": self.content_type})


def page_of(versions: int) -> bytes:
    files = [{"filename": f"t-{n}.zip", "url": f"f/t-{n}.zip", "hashes": {}} for n in range(versions)]
    return json.dumps({"meta": {"api-version": "1.0"}, "name": "t", "files": files}).encode()


def against(test: Callable[[Index, Upstreams], Awaitable[None]], **options: Any) -> None:
    """Run a test with a server and upstreams that know its clock."""

    async def run() -> None:
        index = Index()
        application = web.Application()
        application.router.add_get("/{path:.*}", index.answer)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        index.url = f"http://127.0.0.1:{runner.addresses[0][1]}/simple/"
        upstreams = Upstreams(agent="test", clock=lambda: index.now, **options)
        try:
            await test(index, upstreams)
        finally:
            if index.hold is not None:
                index.hold.set()
            await upstreams.close()
            await runner.cleanup()

    asyncio.run(run())


async def files(index: Index, upstreams: Upstreams, project: str = "t") -> int:
    page = await upstreams.page(index.url, project)
    assert isinstance(page, Page), page
    return len(page.links)


def test_DL19_one_fetch_however_many_ask() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        index.hold = asyncio.Event()
        waiting = [asyncio.create_task(upstreams.page(index.url, "t")) for _ in range(50)]
        await index.arrived.wait()
        waiting[0].cancel()  # who leaves takes nothing from the others
        index.hold.set()
        pages = await asyncio.gather(*waiting[1:])
        assert len({id(page) for page in pages}) == 1
        assert [path for path, _ in index.asked] == ["/simple/t/"]
        assert await files(index, upstreams) == 1
        assert len(index.asked) == 1
        assert upstreams.fresh(index.url, "t") is pages[0]

    against(test)


def test_DL19_revalidated_after_a_minute() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        first = await upstreams.page(index.url, "t")
        index.now += 59
        assert await upstreams.page(index.url, "t") is first
        index.now += 2
        assert upstreams.fresh(index.url, "t") is None
        assert upstreams.at_hand(index.url, "t") is first
        assert await upstreams.page(index.url, "t") is first  # 304
        assert index.asked[1][1]["If-None-Match"] == '"1"'
        assert upstreams.fresh(index.url, "t") is first
        index.now += 61
        index.etag, index.versions = '"2"', 3
        assert await files(index, upstreams) == 3
        assert len(index.asked) == 3

    against(test)


def test_DL19_stale_up_to_a_day_while_the_upstream_fails() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        await files(index, upstreams)
        failures: list[dict[str, Any]] = [
            {"status": 500}, {"status": 503}, {"status": 429}, {"status": 403}, {"body": b"{", "etag": None},
            {"content_type": "image/png", "etag": None}, {"place": "http://127.0.0.1:1"},
        ]  # fmt: skip
        for failure in failures:
            index.now += 61
            before = {key: getattr(index, key) for key in failure}
            for key, value in failure.items():
                setattr(index, key, value)
            assert await files(index, upstreams) == 1, failure
            for key, value in before.items():
                setattr(index, key, value)
        index.status = 500
        index.now = 1_000 + 24 * 3600 - 1
        assert await files(index, upstreams) == 1
        index.now += 2
        assert await upstreams.page(index.url, "t") is Outcome.AWAY
        assert upstreams.at_hand(index.url, "t") is None
        index.status = 200
        index.now += 2
        assert await files(index, upstreams) == 1

    against(test)


def test_DL19_stale_while_the_upstream_takes_too_long() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        await files(index, upstreams)
        index.now += 61
        index.hold, index.etag, index.versions = asyncio.Event(), '"2"', 2
        assert await files(index, upstreams) == 1
        index.now += 10  # now nobody waits at all, and nobody asks again
        assert await files(index, upstreams) == 1
        assert len(index.asked) == 2
        index.hold.set()
        while upstreams.fresh(index.url, "t") is None:
            await asyncio.sleep(0)
        assert await files(index, upstreams) == 2

    against(test, slow_seconds=0.01)


def test_DL14_DL19_no_such_project_holds_a_minute() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        for status in (404, 410):
            index.status = status
            assert await upstreams.page(index.url, "t") is Outcome.MISSING
            index.now += 59
            asked = len(index.asked)
            assert await upstreams.page(index.url, "t") is Outcome.MISSING
            assert len(index.asked) == asked
            index.now += 2
        index.status = 200
        assert await files(index, upstreams) == 1
        index.now += 61
        index.status = 404  # taken away
        assert await upstreams.page(index.url, "t") is Outcome.MISSING
        assert upstreams.at_hand(index.url, "t") is None

    against(test)


def test_DL19_an_upstream_in_trouble_is_not_asked_once_a_request() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        index.status = 500
        for _ in range(20):
            assert await upstreams.page(index.url, "t") is Outcome.AWAY
        assert len(index.asked) == 1
        index.status = 200
        index.now += 1
        assert await files(index, upstreams) == 1

    against(test)


def test_DL19_what_upstreams_answer_is_counted_and_a_change_is_logged_without_a_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    metrics = Metrics()
    caplog.set_level("INFO")

    async def test(index: Index, upstreams: Upstreams) -> None:
        for status in (200, 200, 500, 500, 404, 200):
            index.status = status
            await upstreams.page(index.url, "private")
            index.now += 61
        index.etag = '"2"'
        await upstreams.page(index.url, "private")

    against(test, metrics=metrics)
    exposed = metrics.render().decode()
    for outcome, count in (("fetched", 3), ("unchanged", 1), ("away", 2), ("missing", 1)):
        assert f'headcount_gateway_upstream_total{{outcome="{outcome}",what="index"}} {count}.0' in exposed
    assert re.search(r'headcount_gateway_kept_bytes{what="index"} \d{3}', exposed)
    lines = [record.getMessage() for record in caplog.records if record.name == "headcount.gateway"]
    assert lines == ["an upstream does not answer", "an upstream answers again"]
    assert "private" not in repr([vars(record) for record in caplog.records if record.name == "headcount.gateway"])


def test_DL19_html_is_read_too_and_links_are_those_of_where_the_page_is() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        index.content_type, index.place = "text/html", "/moved"
        index.body = b"<a href='../f/t-1.zip#sha256=00'>t-1.zip</a>"
        page = await upstreams.page(index.url, "t")
        assert isinstance(page, Page)
        assert page.links["t-1.zip"].url == index.url.replace("/simple/", "/moved/simple/f/t-1.zip")
        assert b"/simple/t/t-1.zip" in page.bodies[MediaType.V1_JSON].content
        assert V1_JSON in index.asked[0][1]["Accept"]

    against(test)


def test_DL19_a_page_without_end_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_BYTES", 1_000)

    async def test(index: Index, upstreams: Upstreams) -> None:
        index.body = page_of(100)
        assert await upstreams.page(index.url, "t") is Outcome.AWAY

    against(test)


def test_DL19_a_large_page_is_read_whole() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        index.versions = 10_000
        assert await files(index, upstreams) == 10_000

    against(test)


def test_DL21_the_upstreams_config_says_where_crates_are() -> None:
    async def test(index: Index, upstreams: Upstreams) -> None:
        rule = CargoRule(1, index.url.rstrip("/"), None, Names(None, frozenset()), 302)
        for body in (b'{"dl": "https://static.example.org/crates"}', b"{}", b"x"):
            index.body = body
            assert await upstreams.crate_downloads(rule) == "https://static.example.org/crates"
            index.now += 61
        index.now += 24 * 3600
        assert await upstreams.crate_downloads(rule) is None

    against(test)
