"""DL7, DL8: what a connection takes and gives, in what order, and where it ends."""

import asyncio
import re
import socket
import struct

import pytest

from producers.gateway.answer import Answer, Streamed
from tests.unit.producers.gateway.server.serving import ABOUT, CLOSE, Served, get, run


def statuses(data: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", data)]


REFUSED = {
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "lower case method": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "unknown method": (b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "blank before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "folded header": (b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400),
    "control character": (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n", 400),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
    "length and chunked": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
    ),
    "negative length": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    "authority as target": (b"GET h:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "credentials in the target": (b"GET http://u:p@h/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "bytes over 127 in the path": (get("/n\xffw"), 400),
    "CONNECT": (b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 405),
    "OPTIONS of all": (b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 405),
    "body of a GET": (get("/now", "Content-Length: 3") + b"abc", 400),
    "chunked GET": (get("/now", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n", 400),
    "body of a HEAD": (get("/now", "Content-Length: 3", method="HEAD") + b"abc", 400),
    "body of a POST": (get("/now", "Content-Length: 3", method="POST") + b"abc", 405),
    "a body that never comes": (get("/now", "Content-Length: 99999999999", method="PUT"), 405),
    "another expectation": (get("/now", "Expect: a-miracle"), 417),
    "long line": (get("/" + "x" * 9000), 414),
    "long line without an end": (b"GET /" + b"x" * 50_000, 414),
    "long headers": (get("/now", *(f"X-{n}: {'y' * 1000}" for n in range(40))), 431),
    "one long header without an end": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000, 431),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED)
def test_DL7_what_is_refused_ends_the_connection_with_its_status(sent: bytes, status: int) -> None:
    async def test(made: Served) -> None:
        data = await made.exchange(sent)
        assert statuses(data) == [status]
        assert b"\r\nConnection: close\r\n" in data
        if status == 405:
            assert b"\r\nAllow: GET, HEAD\r\n" in data
        assert made.asked == []

    run(test)


SERVED = {
    "HTTP/1.0 without a host": b"GET /now HTTP/1.0\r\n\r\n",
    "absolute target": get("http://other.example.org/now?x=1", CLOSE),
    "empty body": get("/now", "Content-Length: 0", CLOSE),
    "h2c offered": get("/now", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "100-continue without a body": get("/now", "Expect: 100-continue", CLOSE),
    "line of 8 KiB": get("/" + "x" * (8192 - 16), CLOSE),
    "headers of 30 KiB": get("/now", *(f"X-{n}: {'y' * 1000}" for n in range(30)), CLOSE),
    "empty lines first": b"\r\n\r\n" + get("/now", CLOSE),
}


@pytest.mark.parametrize("sent", SERVED.values(), ids=SERVED)
def test_DL7_what_is_unusual_but_right_is_served(sent: bytes) -> None:
    async def test(made: Served) -> None:
        data = await made.exchange(sent)
        assert statuses(data) == [302]
        assert len(made.asked) == 1
        assert len(made.answered) == 1

    run(test)


def test_DL7_bytes_may_come_one_by_one() -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        for byte in get("/now", "User-Agent: slow", CLOSE):
            writer.write(bytes((byte,)))
            await writer.drain()
        assert statuses(await reader.read()) == [302]
        assert made.answered[0].agent == b"slow"

    run(test)


def test_DL7_an_absolute_target_names_the_host() -> None:
    async def test(made: Served) -> None:
        await made.exchange(get("http://other.example.org:81/now?x=1", CLOSE))
        assert (made.asked[0].host, made.asked[0].path, made.asked[0].query) == (
            b"other.example.org:81", b"/now", b"x=1",
        )  # fmt: skip

    run(test)


def test_DL7_HEAD_has_the_status_and_headers_of_GET_and_no_body() -> None:
    async def test(made: Served) -> None:
        data = await made.exchange(get("/big/1000", method="HEAD") + get("/big/1000", CLOSE))
        head, _, rest = data.partition(b"\r\n\r\n")
        again, _, body = rest.partition(b"\r\n\r\n")
        assert again == head + b"\r\nConnection: close"
        assert b"Content-Length: 1000" in head
        assert body == b"x" * 1000
        assert [each.size for each in made.answered] == [0, 1000]

    run(test)


def test_DL8_pipelined_requests_are_answered_in_order_whoever_is_ready_first() -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        paths = ["/now/1", "/later/a", "/now/2", "/later/b", "/now/3"]
        writer.write(b"".join(get(path, *([CLOSE] if path == "/now/3" else [])) for path in paths))
        await made.until(lambda: b"/later/a" in made.later)
        assert [each.path for each in made.asked] == [b"/now/1", b"/later/a"]
        made.later[b"/later/b"] = asyncio.get_running_loop().create_future()
        made.later[b"/later/b"].set_result(Answer(200, (), b"b", ABOUT))
        made.later[b"/later/a"].set_result(Answer(200, (), b"a", ABOUT))
        data = await reader.read()
        assert statuses(data) == [302, 200, 302, 200, 302]
        assert [each.path.decode() for each in made.asked] == paths
        assert data.index(b"\r\n\r\na") < data.index(b"/now/2") < data.index(b"\r\n\r\nb") < data.index(b"/now/3")

    run(test)


def test_DL8_a_thousand_pipelined_requests_are_all_answered_and_all_told_of() -> None:
    async def test(made: Served) -> None:
        data = await made.exchange(
            get("/later/a") + b"".join(get(f"/now/{n}") for n in range(1000)) + get("/now", CLOSE)
        )
        assert re.findall(rb"/now/(\d+)", data) == [b"%d" % n for n in range(1000)]
        assert len(made.answered) == 1002

    async def with_answer(made: Served) -> None:
        future = made.later[b"/later/a"] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.05, future.set_result, Answer(200, (), b"a", ABOUT))
        await test(made)

    run(with_answer)


def test_DL8_while_an_answer_waits_the_rest_stays_with_the_kernel() -> None:
    async def test(made: Served) -> None:
        _, writer = await made.connect()
        writer.write(get("/later/a"))
        await made.until(lambda: b"/later/a" in made.later)
        flood = get("/now") * 200_000

        async def send() -> None:
            writer.write(flood)
            await writer.drain()

        sending = asyncio.create_task(send())
        await asyncio.sleep(0.3)  # for as much as would be taken to be taken
        assert not sending.done()
        connection = next(iter(made.runtime.connections))
        assert len(connection._rest) <= 1 << 20
        assert len(made.asked) == 1
        sending.cancel()
        made.later[b"/later/a"].set_result(Answer(200, (), b"a", ABOUT))
        await made.until(lambda: len(made.asked) > 1)

    run(test)


def test_DL9_who_leaves_before_there_is_an_answer_is_an_event_too() -> None:
    async def test(made: Served) -> None:
        _, writer = await made.connect()
        writer.write(get("/later/a"))
        await made.until(lambda: b"/later/a" in made.later)
        reset = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        writer.transport.abort()
        await made.until(lambda: bool(made.answered))
        assert [each.status for each in made.answered] == [499]

    run(test)


def test_DL8_a_client_that_ends_its_side_gets_its_answers() -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        writer.write(get("/later/a") + get("/now"))
        writer.write_eof()
        await made.until(lambda: b"/later/a" in made.later)
        made.later[b"/later/a"].set_result(Answer(200, (), b"a", ABOUT))
        assert statuses(await reader.read()) == [200, 302]

    run(test)


def test_DL7_a_mistake_of_a_route_is_a_400_that_is_counted() -> None:
    async def test(made: Served) -> None:
        data = await made.exchange(get("/raise") + get("/split") + get("/now", CLOSE))
        assert statuses(data) == [400, 400, 302]
        assert b"Set-Cookie" not in data
        assert b"mistake" not in data
        counted = made.metrics.render().decode()
        assert 'headcount_gateway_errors_total{where="route"} 1.0' in counted
        assert 'headcount_gateway_errors_total{where="header"} 1.0' in counted

    run(test)


class UpstreamError(RuntimeError):
    """What a broken upstream raises."""


def streamed(pieces: list[bytes], *, length: int | None, breaks: bool = False) -> Streamed:
    async def give():  # type: ignore[no-untyped-def]  # an async generator, as upstreams give
        for piece in pieces:
            yield piece
        if breaks:
            raise UpstreamError

    return Streamed(200, ((b"X-From", b"upstream"),), give(), length, ABOUT)


async def ask_stream(made: Served, answer: Streamed, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    made.later[b"/later/s"] = asyncio.get_running_loop().create_future()
    made.later[b"/later/s"].set_result(answer)
    return await made.exchange(
        get("/later/s", *headers, method=method).replace(b"HTTP/1.1", b"HTTP/" + version.encode())
    )


def test_DL24_streams_of_known_length_go_through() -> None:
    async def test(made: Served) -> None:
        data = await ask_stream(made, streamed([b"abc", b"def"], length=6), CLOSE)
        assert data.endswith(b"\r\n\r\nabcdef")
        assert b"Content-Length: 6" in data
        assert (made.answered[0].status, made.answered[0].size) == (200, 6)

    run(test)


def test_DL24_streams_of_unknown_length_are_chunked_or_end_with_the_connection() -> None:
    async def test(made: Served) -> None:
        assert (await ask_stream(made, streamed([b"abc", b""], length=None), CLOSE)).endswith(
            b"\r\n3\r\nabc\r\n0\r\n\r\n"
        )
        old = await ask_stream(made, streamed([b"abc"], length=None), version="1.0")
        assert old.endswith(b"\r\n\r\nabc")
        assert b"chunked" not in old

    run(test)


def test_DL24_a_HEAD_streams_nothing() -> None:
    async def test(made: Served) -> None:
        data = await ask_stream(made, streamed([b"abc"], length=3), CLOSE, method="HEAD")
        assert data.endswith(b"\r\n\r\n")
        assert b"Content-Length: 3" in data

    run(test)


@pytest.mark.parametrize("breaks", [True, False])
def test_DL24_a_stream_that_is_cut_off_is_seen_to_be_and_told_as_failed(breaks: bool) -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        made.later[b"/later/s"] = asyncio.get_running_loop().create_future()
        made.later[b"/later/s"].set_result(streamed([b"abc"], length=6, breaks=breaks))
        writer.write(get("/later/s"))
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):  # noqa: PT012 - either read may see it
            await reader.readuntil(b"abc")
            await reader.readexactly(3)
        await made.until(lambda: bool(made.answered))
        assert (made.answered[0].status, made.answered[0].size) == (502, 3)

    run(test)
