"""A real server on loopback whose answers a test sets, to be asked on a client's behalf."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from producers.gateway.upstream import Upstreams

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Registry:
    """A server whose answer a test sets, by path; it knows what it was asked."""

    answers: dict[str, Handler] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        handler = self.answers.get(request.path)
        return web.Response(status=404) if handler is None else await handler(request)

    def says(self, path: str, **options: Any) -> None:
        async def handler(_: web.Request) -> web.StreamResponse:
            return web.Response(**options)

        self.answers[path] = handler


@asynccontextmanager
async def serving(registry: Registry, host: str = "127.0.0.1") -> AsyncIterator[Registry]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", registry.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    registry.url = f"http://{host}:{runner.addresses[0][1]}"
    try:
        yield registry
    finally:
        await runner.cleanup()


def against(test: Callable[[Registry, Registry, Upstreams], Awaitable[None]]) -> None:
    """Run a test with two servers, which are two hosts, and upstreams."""

    async def run() -> None:
        async with serving(Registry()) as first, serving(Registry(), "127.0.0.2") as second:
            upstreams = Upstreams(agent="test")
            try:
                await test(first, second, upstreams)
            finally:
                await upstreams.close()

    asyncio.run(run())
