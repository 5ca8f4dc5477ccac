"""One connection: requests are read, answered in their order, and told of afterwards.

While an answer waits for an upstream, or the client does not read, one slice of further requests is read at most; the rest
stays with the kernel. Every state in which a connection can stay has an end by `tick`.
"""

import asyncio
from collections import deque
from typing import Any

from producers.gateway.answer import Later
from producers.gateway.server import replies
from producers.gateway.server.client import read_address
from producers.gateway.server.judge import Malformed
from producers.gateway.server.reading import CLOSE, SLICE, Asked, Reading
from producers.gateway.server.runtime import GRACE_SECONDS, LEAST_TAKEN, TICK_SECONDS, Runtime
from producers.gateway.server.wire import malformed_request, plain


class Gateway(asyncio.Protocol):
    """The protocol that uvicorn runs for each connection."""

    def __init__(self, runtime: Runtime, *, server_state: Any, **_: Any) -> None:
        self.runtime = runtime
        self.transport: Any = None
        self.peer = ""
        self.is_proxy = False
        self.paused: asyncio.Future[None] | None = None
        """Done when the client has read enough again; null while it does."""

        self._tasks: set[asyncio.Task[None]] = server_state.tasks
        self._all: set[Any] = server_state.connections
        self._reading = Reading(self._quick, self._take, self._refuse, runtime.limits)
        self._since = runtime.now
        self._is_new = True
        self._busy: asyncio.Task[None] | None = None
        self._queue: deque[Asked] = deque()
        self._rest = b""
        self._is_held = False
        self._is_eof = False
        self._buffered = 0
        """Bytes that the client has not taken, when it last took some."""

        self._is_over = False
        """The last answer is written."""

        self._discarded = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection is there; whose it is, is looked at once."""
        self.transport = transport
        self._all.add(self)
        self.runtime.connections.add(self)
        if len(self.runtime.connections) > self.runtime.bounds.connections:
            self._give_up("too_many")
        name = transport.get_extra_info("peername")
        self.peer = (read_address(str(name[0])) if name else None) or "0.0.0.0"
        self.is_proxy = self._reading.is_proxy = self.runtime.proxies.trusts(self.peer)
        if transport.get_extra_info("sslcontext") is not None:
            self._reading.scheme = b"https"

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone: what an upstream does on its behalf ends."""
        self._all.discard(self)
        self.runtime.connections.discard(self)
        self._is_over = True
        self._queue.clear()
        self._rest = b""
        if self._busy is not None:
            self._busy.cancel()
        self._unpause()

    def eof_received(self) -> bool:
        """The client sends no more; what it asked for is still answered."""
        self._is_eof = True
        # TLS has no half-closed connections.
        return self._reading.scheme == b"http" and bool(self._busy or self._queue or self._rest)

    def pause_writing(self) -> None:
        """The client reads slower than we answer."""
        self.paused = self.loop.create_future()
        self._since = self.runtime.now
        self._buffered = self.transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        """It has read enough."""
        self._unpause()
        self._since = self.runtime.now
        self._go_on()

    def _unpause(self) -> None:
        paused, self.paused = self.paused, None
        if paused is not None and not paused.done():
            paused.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Read requests, and answer those that can be answered now."""
        reading = self._reading
        if reading.has_ended:
            self._discarded += len(data)
            if self._discarded > self.runtime.bounds.drain_bytes:
                self.transport.abort()
        elif self._busy is not None or self.paused is not None or self._rest:
            self._rest += data
            self._hold()
        else:
            self._feed(data)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The worker's loop."""
        return asyncio.get_running_loop()

    @property
    def _waits(self) -> bool:
        return self._busy is not None or self.paused is not None

    def _feed(self, data: bytes) -> None:
        reading = self._reading
        was_pending = reading.pending
        if len(data) <= SLICE:
            reading.feed(data)
        else:
            self._feed_in_slices(data)
        self._is_new = False
        if not (was_pending and reading.pending):
            self._since = self.runtime.now

    def _feed_in_slices(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE):
            if self._waits:
                self._rest = data[start:]
                self._hold()
                return
            self._reading.feed(data[start : start + SLICE])
            if self._reading.has_ended:
                return

    def _hold(self) -> None:
        if not self._is_held:
            self._is_held = True
            self.transport.pause_reading()

    def _go_on(self) -> None:
        """Answer what was asked meanwhile, then read on."""
        while self._queue and not self._waits:
            self._answer(self._queue.popleft())
        if self._waits or self._queue or self._is_over:
            return
        if self._rest:
            rest, self._rest = self._rest, b""
            self._feed(rest)
        if self._is_eof and not (self._waits or self._queue or self._rest or self._is_over):
            self.end()
        elif self._is_held and not (self._waits or self._rest):
            self._is_held = False
            self.transport.resume_reading()

    def _quick(self, host: bytes, target: bytes, headers: dict[bytes, bytes]) -> bool:
        runtime = self.runtime
        known = runtime.known.get((host, target))
        if known is None or self._busy is not None or self.paused is not None or self._queue or runtime.is_stopping:
            return False
        self.transport.write(b"%b%b%b" % (known.before, runtime.date, known.after))
        replies.tell(self, b"GET", headers, known.about, known.status, known.sent)
        return True

    def _take(self, asked: Asked) -> None:
        if self._waits or self._queue:
            self._queue.append(asked)
        else:
            self._answer(asked)

    def _refuse(self, malformed: Malformed) -> None:
        self.runtime.metrics.gateway_refused.labels(malformed.reason).inc()
        answer = plain(malformed.status, malformed.text)
        self._take(Asked(malformed_request(), CLOSE, "1.1", answer, is_event=False))

    def _answer(self, asked: Asked) -> None:
        answer = asked.refused or replies.route(self.runtime, asked.request)
        if isinstance(answer, Later):
            self._busy = self.loop.create_task(self._wait_for(asked, answer))
            self._tasks.add(self._busy)
            self._busy.add_done_callback(self._tasks.discard)
        else:
            self.write(asked, answer)

    async def _wait_for(self, asked: Asked, later: Later) -> None:
        try:
            await replies.reply(self, asked, later)
        except Exception as error:  # noqa: BLE001 - outermost frame of a task: nobody waits for it but the client
            replies.mistake(self.runtime, "reply", error, 503)
            self.transport.abort()
        finally:
            self._busy = None
        self._since = self.runtime.now
        self._go_on()

    write = replies.write

    def is_last(self, asked: Asked) -> bool:
        """Whether the connection ends with this answer."""
        return asked.connection is CLOSE or (self.runtime.is_stopping and not (self._queue or self._rest))

    def end(self) -> None:
        """End after the last answer: our side first, as a close with unread bytes would take the answer back."""
        self._is_over = True
        self._reading.has_ended = True
        self._queue.clear()
        self._rest = b""
        self._since = self.runtime.now
        if self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
            if self._is_held:
                self._is_held = False
                self.transport.resume_reading()
        else:
            self.transport.close()

    def shutdown(self) -> None:
        """End with the requests in flight (uvicorn calls this on SIGTERM); what is on its way here is answered still."""
        self.runtime.is_stopping = True
        self.loop.call_later(GRACE_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if not (self._waits or self._queue or self._rest) and not self._reading.pending:
            self.transport.close()

    def tick(self, now: float) -> None:
        """End what takes too long."""
        bounds, left = self.runtime.bounds, self.transport.get_write_buffer_size()
        if left and left + LEAST_TAKEN <= self._buffered:
            self._buffered, self._since = left, now
        waited = now - self._since + TICK_SECONDS
        if left:
            if waited > bounds.write_seconds:
                self._give_up("slow_reader")
        elif self._is_over:
            if waited > bounds.drain_seconds:
                self.transport.abort()
        elif self._busy is None:
            if self._reading.pending:
                if waited > bounds.request_seconds:
                    self._reading.refuse(Malformed(408, "the request took too long", "slow"))
            elif waited > (bounds.request_seconds if self._is_new else bounds.idle_seconds):
                self._give_up("silent" if self._is_new else "idle")

    def _give_up(self, reason: str) -> None:
        self.runtime.metrics.gateway_refused.labels(reason).inc()
        self.transport.abort()
