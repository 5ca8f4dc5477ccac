"""What the gateway's protocol could have been, each as bare as it goes: no limits, no routes, no events.

`python -m benchmarks.gateway_peers bare|asgi PORT`: an asyncio protocol on httptools, or an ASGI application on uvicorn's
own protocol. How much faster or slower than the gateway they are is what its limits, routes and events cost or save.
"""

import asyncio
import sys
from typing import Any

import httptools
import uvicorn
import uvloop

TARGET = b"https://dl.example.org"


class Bare(asyncio.Protocol):
    """Answers each request with a redirect, whatever it is."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_headers_complete(self) -> None:
        self.transport.write(
            b"HTTP/1.1 302 Found\r\nLocation: %b%b\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n"
            % (TARGET, self.url)
        )


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The same as an ASGI application."""
    headers = [(b"location", TARGET + scope["raw_path"]), (b"cache-control", b"no-store"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def bare(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    which, port = sys.argv[1], int(sys.argv[2])
    if which == "bare":
        uvloop.run(bare(port))
    else:
        options: dict[str, Any] = {"access_log": False, "log_level": "warning", "lifespan": "off"}
        uvicorn.run(application, port=port, http="httptools", loop="uvloop", **options)
