"""Several workers on the same port: started, watched, started again; signals are passed on to them.

Each listens for itself, so that a worker's death loses its own connections and no other's; the port is held here.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from socket import socket
from typing import Final

from headcount.metrics import Metrics
from headcount.up.restarts import Restarts
from producers.gateway.server.scrape import together
from producers.gateway.server.serving import FLUSH_SECONDS, Serving
from producers.gateway.server.worker import STOP_SECONDS
from producers.gateway.server.worker_process import to_words

_LOOK_SECONDS: Final = 0.1
_KILL_SECONDS: Final = STOP_SECONDS + FLUSH_SECONDS + 5.0
_SCRAPE_SECONDS: Final = 2.0

_log = logging.getLogger("headcount.gateway")


@dataclass(slots=True)
class _Slot:
    """One worker's place; `metrics` is its URL once it has told it."""

    number: int
    process: "subprocess.Popen[str] | None" = None
    started_at: float = 0.0
    start_at: float = 0.0
    metrics: str | None = None
    restarts: Restarts = field(default_factory=Restarts)


class Workers(Metrics):
    """Runs `count` workers; its metrics are its own and theirs."""

    def __init__(self, serving: Serving, sockets: list[socket], count: int) -> None:
        super().__init__()
        self._serving = serving
        self._sockets = sockets
        self._slots = [_Slot(number) for number in range(count)]
        self._is_stopping = False

    def run(self) -> None:
        """Run them until SIGTERM or Ctrl-C; returns when the last has ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._reload)
        try:
            while not self._is_stopping:
                for slot in self._slots:
                    self._tend(slot)
                time.sleep(_LOOK_SECONDS)
        finally:
            self._end()

    def _tend(self, slot: _Slot) -> None:
        if slot.process is not None and slot.process.poll() is not None:
            status, lived = slot.process.returncode, time.monotonic() - slot.started_at
            slot.process = slot.metrics = None
            wait = slot.restarts.after_death(lived)
            slot.start_at = time.monotonic() + wait
            fields = {"worker": slot.number, "status": status, "again_in_seconds": wait}
            _log.error("a worker has ended", extra={"fields": fields})
        if slot.process is None and time.monotonic() >= slot.start_at and not self._is_stopping:
            self._start(slot)

    def _start(self, slot: _Slot) -> None:
        slot.started_at = time.monotonic()
        slot.process = process = subprocess.Popen(
            [sys.executable, "-m", "producers.gateway.server.worker_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a terminal's Ctrl-C reaches us, and we tell them
        )
        assert process.stdin is not None
        try:
            process.stdin.write(to_words(self._serving, self._sockets, slot.number, slot.restarts.count) + "\n")
            process.stdin.flush()
        except OSError:
            return  # it has died already, and is buried the next time
        threading.Thread(target=_listen, args=(slot, process), daemon=True).start()
        _log.info("a worker starts", extra={"fields": {"worker": slot.number, "pid": process.pid}})

    def _stop(self, number: int, frame: object) -> None:
        self._is_stopping = True

    def _reload(self, number: int, frame: object) -> None:
        # One that is still starting reads the files anyway, and would die of it.
        self._tell(signal.SIGHUP, [slot for slot in self._slots if slot.metrics is not None])

    def _tell(self, number: signal.Signals, slots: Sequence[_Slot]) -> None:
        for slot in slots:
            if slot.process is not None and slot.process.poll() is None:
                os.kill(slot.process.pid, number)

    def _end(self) -> None:
        for each in self._sockets:
            each.close()
        self._tell(signal.SIGTERM, self._slots)
        deadline = time.monotonic() + _KILL_SECONDS
        for slot in self._slots:
            if slot.process is not None:
                try:
                    slot.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    slot.process.kill()
                    slot.process.wait()

    def ready(self) -> str | None:
        """Say what is wrong: null as soon as all workers run."""
        missing = [str(slot.number) for slot in self._slots if slot.metrics is None]
        return f"workers that do not run: {', '.join(missing)}" if missing else None

    def render(self) -> bytes:
        """Give the metrics of all."""
        known = [(slot.number, slot.metrics) for slot in self._slots]
        pages = {number: text for number, url in known if url is not None and (text := _page(url)) is not None}
        return together(super().render().decode(), pages).encode()


def _listen(slot: _Slot, process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    if line and slot.process is process:
        slot.metrics = json.loads(line)["metrics"]


def _page(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=_SCRAPE_SECONDS) as answer:
            text: str = answer.read().decode()
    except OSError:
        return None  # it died a moment ago
    return text
