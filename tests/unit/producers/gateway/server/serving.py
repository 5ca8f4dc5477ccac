"""The protocol on loopback sockets in this process, with routes and a clock that the test holds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from headcount.metrics import Metrics
from producers.gateway.answer import About, Answer, Kind, Later, Request, RuleType, Streamed
from producers.gateway.events.encode import Answered
from producers.gateway.server.protocol import Gateway
from producers.gateway.server.runtime import Runtime

ABOUT = About(RuleType.FILE, Kind.FILE, "tool")


class Served:
    """Routes by path: /now answers at once, /later/NAME when the test says so, /stream/NAME what the test puts in."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.answered: list[Answered] = []
        self.asked: list[Request] = []
        self.later: dict[bytes, asyncio.Future[Answer | Streamed]] = {}
        self.metrics = Metrics()
        self.state = SimpleNamespace(tasks=set(), connections=set())
        self.runtime = Runtime(
            route=self.route, add=self.answered.append, metrics=self.metrics, clock=lambda: self.time
        )
        self.port = 0
        self.clients: list[asyncio.StreamWriter] = []

    def route(self, request: Request) -> Answer | Later:
        self.asked.append(request)
        if request.path == b"/raise":
            raise RuntimeError("a mistake of ours")
        if request.path == b"/split":
            return Answer(302, ((b"Location", b"/\r\nSet-Cookie: x"),), b"", ABOUT)
        if request.path.startswith(b"/later/"):
            future = self.later.setdefault(request.path, asyncio.get_running_loop().create_future())

            async def wait(upstreams: Any) -> Answer | Streamed:
                return await future

            return Later(ABOUT, b"https://up.example.org/", wait)
        if request.path.startswith(b"/big/"):
            return Answer(200, (), b"x" * int(request.path[5:]), About(RuleType.PYTHON, Kind.INDEX, "big"))
        return Answer(302, ((b"Location", b"https://dl.example.org" + request.path),), b"", ABOUT)

    def pass_time(self, seconds: float) -> None:
        """Let time pass as the worker's ticks see it."""
        self.time += seconds
        self.runtime.tick()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.append(writer)
        return reader, writer

    async def until(self, is_right: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_right():
                await asyncio.sleep(0.001)  # between two looks at a condition

    async def exchange(self, sent: bytes) -> bytes:
        """Send, and give all until the gateway ends the connection."""
        reader, writer = await self.connect()
        writer.write(sent)
        async with asyncio.timeout(10):
            data = await reader.read()
        return data


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    made = Served()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Gateway(made.runtime, server_state=made.state), "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for writer in made.clients:
            writer.transport.abort()
        for connection in list(made.runtime.connections):
            connection.transport.abort()
        await made.until(lambda: not made.state.tasks and not made.state.connections)


def run(test: Callable[[Served], Coroutine[Any, Any, None]]) -> None:
    """Run a test in a loop of its own."""

    async def main() -> None:
        async with served() as made:
            await test(made)

    asyncio.run(main())


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: h.example.org", *headers, "", ""]).encode("latin-1")


CLOSE = "Connection: close"
