"""One worker process: uvicorn on given sockets with our protocol, until SIGTERM; then nothing that was answered is lost."""

import asyncio
import signal
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from socket import socket
from typing import Any, Final

import uvicorn

from producers.gateway.events.gather import Gatherer
from producers.gateway.server.protocol import Gateway
from producers.gateway.server.reload import Watched
from producers.gateway.server.runtime import TICK_SECONDS, Runtime

STOP_SECONDS: Final = 10
"""For requests in flight, once we are asked to stop; uvicorn takes whole seconds."""


class Worker(uvicorn.Server):
    """Serves; `clean_up` runs in the loop after the last request."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        gatherer: Gatherer,
        watched: Sequence[Watched],
        tls: ssl.SSLContext | None,
        clean_up: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(_configuration(runtime, tls))
        self._runtime = runtime
        self._gatherer = gatherer
        self._watched = watched
        self._clean_up = clean_up

    def serve_on(self, sockets: list[socket]) -> None:
        """Serve until SIGTERM or Ctrl-C; returns when the last answer is out."""
        for number in (signal.SIGTERM, signal.SIGINT):
            # uvicorn takes these over and raises them anew at its end, where they must not end what is left to do.
            signal.signal(number, _nothing)
        self.run(sockets)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin: what else lives in the loop comes first."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        self._ticking = loop.create_task(self._tick())
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End: answers in flight first, then their events."""
        await super().shutdown(sockets)
        self._ticking.cancel()
        for connection in list(self._runtime.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # what was cut off tells of it
        await self._clean_up()
        self._gatherer.hand_over()

    def _reload(self) -> None:
        for each in self._watched:
            each.reload()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._runtime.tick()
            for each in self._watched:
                each.look()


def _nothing(number: int, frame: object) -> None:
    pass


async def _no_application(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("our protocol asks no application")


def _configuration(runtime: Runtime, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        _no_application,
        http=partial(Gateway, runtime),  # type: ignore[arg-type]  # whatever makes a protocol will do
        loop="producers.gateway.server.loop:Loop",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        workers=1,  # not what some variable of the environment says
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_context_factory=None if tls is None else lambda config, default: tls,
    )
