"""DL7, DL8: every state of a connection has an end. The clock is the test's."""

import asyncio
import socket
from dataclasses import replace

import pytest

from producers.gateway.answer import Answer
from tests.unit.producers.gateway.server.serving import ABOUT, Served, get, run


async def ended(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b"(reset)"


async def stays(made: Served) -> None:
    await asyncio.sleep(0)
    assert len(made.runtime.connections) == 1


def test_DL7_a_silent_connection_is_closed_within_ten_seconds() -> None:
    async def test(made: Served) -> None:
        reader, _ = await made.connect()
        await made.until(lambda: len(made.runtime.connections) == 1)
        made.pass_time(8.9)
        await stays(made)
        made.pass_time(0.7)
        assert await ended(reader) in (b"", b"(reset)")
        assert 'reason="silent"} 1.0' in made.metrics.render().decode()

    run(test)


@pytest.mark.parametrize("sent", [b"G", b"GET /now HT", b"GET /now HTTP/1.1\r\nHost: h\r\nX: ", b"\r\n"])
def test_DL7_a_request_that_takes_longer_than_ten_seconds_is_a_408(sent: bytes) -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        await made.until(lambda: len(made.runtime.connections) == 1)
        connection = next(iter(made.runtime.connections))
        for byte in sent:
            writer.write(bytes((byte,)))
            await made.until(lambda: connection._reading.pending > 0)
            made.pass_time(0.2)  # bytes that trickle put off nothing
        await stays(made)
        made.pass_time(9.6)
        assert (await ended(reader)).startswith(b"HTTP/1.1 408 ")
        assert made.answered == []

    run(test)


def test_DL8_between_requests_a_connection_may_rest_for_a_minute() -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        writer.write(get("/now"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 302")
        made.pass_time(60)
        await stays(made)
        writer.write(get("/now"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 302")
        made.pass_time(66)
        assert await ended(reader) in (b"", b"(reset)")

    run(test)


def test_DL8_a_client_that_does_not_read_is_cut_off_and_one_that_reads_slowly_is_not() -> None:
    async def test(made: Served) -> None:
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(small, ("127.0.0.1", made.port))
        await loop.sock_sendall(small, get("/big/20000000"))
        await made.until(lambda: len(made.answered) == 1)
        connection = next(iter(made.runtime.connections))
        assert connection.paused is not None
        for _ in range(5):
            got = 0
            while got < 3_000_000:
                got += len(await loop.sock_recv(small, 65536))
            made.pass_time(20)
            await stays(made)
        made.pass_time(31)
        await made.until(lambda: not made.runtime.connections)
        assert 'reason="slow_reader"} 1.0' in made.metrics.render().decode()
        small.close()

    run(test)


def test_DL8_who_asks_on_without_reading_is_held_and_not_buffered() -> None:
    async def test(made: Served) -> None:
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(small, ("127.0.0.1", made.port))
        sending = loop.create_task(loop.sock_sendall(small, get("/big/10000") * 500_000))
        await made.until(
            lambda: bool(made.runtime.connections) and next(iter(made.runtime.connections)).paused is not None
        )
        await asyncio.sleep(0.3)  # for as much as would be taken to be taken
        connection = next(iter(made.runtime.connections))
        assert not sending.done()
        assert connection.transport.get_write_buffer_size() < 8 << 20
        assert len(connection._queue) < 300
        sending.cancel()
        small.close()
        await made.until(lambda: not made.runtime.connections)

    run(test)


def test_DL8_an_answer_that_waits_for_an_upstream_is_the_upstreams_to_bound() -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        writer.write(get("/later/a"))
        await made.until(lambda: b"/later/a" in made.later)
        made.pass_time(300)
        await stays(made)
        made.later[b"/later/a"].set_result(Answer(200, (), b"a", ABOUT))
        assert (await reader.readuntil(b"\r\n\r\na")).startswith(b"HTTP/1.1 200")

    run(test)


def test_DL7_after_a_refusal_the_rest_is_thrown_away_with_a_bound() -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        writer.write(get("/now", "Content-Length: 100000000", method="POST"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 405 ")
        writer.write(b"x" * 200_000)
        await made.until(lambda: not made.runtime.connections)

    async def who_sends_nothing(made: Served) -> None:
        reader, writer = await made.connect()
        writer.write(get("/now", "Content-Length: 100000000", method="POST"))
        await reader.readuntil(b"\r\n\r\n")
        await stays(made)
        made.pass_time(2)
        await made.until(lambda: not made.runtime.connections)

    run(test)
    run(who_sends_nothing)


def test_DL8_at_the_end_idle_connections_close_and_answers_in_flight_are_given() -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        idle, other = await made.connect()
        writer.write(get("/later/a"))
        other.write(get("/now"))
        await idle.readuntil(b"\r\n\r\n")
        await made.until(lambda: b"/later/a" in made.later)
        for connection in list(made.state.connections):
            connection.shutdown()
        assert await ended(idle) == b""
        made.later[b"/later/a"].set_result(Answer(200, (), b"a", ABOUT))
        data = await ended(reader)
        assert data.startswith(b"HTTP/1.1 200")
        assert b"\r\nConnection: close\r\n" in data
        writer.close()
        await made.until(lambda: not made.state.connections)

    run(test)


def test_DL8_what_was_sent_before_the_end_is_answered() -> None:
    async def test(made: Served) -> None:
        reader, writer = await made.connect()
        await made.until(lambda: len(made.runtime.connections) == 1)
        for connection in list(made.state.connections):
            connection.shutdown()
        writer.write(get("/now"))
        data = await ended(reader)
        assert data.startswith(b"HTTP/1.1 302")
        assert b"\r\nConnection: close\r\n" in data

    run(test)


def test_DL8_a_worker_takes_a_bounded_number_of_connections() -> None:
    async def test(made: Served) -> None:
        made.runtime.bounds = replace(made.runtime.bounds, connections=3)
        clients = [await made.connect() for _ in range(4)]
        assert await ended(clients[3][0]) in (b"", b"(reset)")
        for reader, writer in clients[:3]:
            writer.write(get("/now"))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 302")
        assert 'reason="too_many"} 1.0' in made.metrics.render().decode()

    run(test)
