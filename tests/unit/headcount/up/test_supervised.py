import http.server
import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headcount.up import supervised as module
from headcount.up.child import Child, Command
from headcount.up.probe import wait_until
from headcount.up.supervised import Supervised


class Watched:
    """One supervised process, and what was said about it."""

    def __init__(self, tmp_path: Path, *argv: str, answers: bool = True, url: str | None = None) -> None:
        launch = partial(Child.start, Command("test", argv, dict(os.environ), tmp_path / "test.log"))
        self.one = Supervised("test", launch, answers=lambda: answers, url=url)
        self.said: list[str] = []

    def tend(self) -> bool:
        return self.one.tend(self.said.append)

    def record(self) -> dict[str, Any]:
        return self.one.record()

    def kill(self) -> None:
        assert self.one.child is not None
        self.one.child.kill()


def test_a_dead_one_waits_and_starts_again(tmp_path: Path) -> None:
    one = Watched(tmp_path, "sleep", "1000")
    one.one.start()
    first = one.record()
    assert first["state"] == "starting"
    assert one.tend()  # it answers
    assert one.record()["state"] == "running"
    assert not one.tend()  # nothing new
    assert one.one.child is not None
    one.one.child.process.send_signal(signal.SIGKILL)
    assert wait_until(one.tend, 5)
    waiting = one.record()
    assert (waiting["state"], waiting["restarts"], waiting["pid"]) == ("waiting", 1, None)
    assert one.said == [f"test ended with -9 and starts again in 0.5 s: see {tmp_path / 'test.log'}"]
    assert wait_until(one.tend, 5)
    assert one.record()["pid"] not in (None, first["pid"])
    one.kill()


def test_the_wait_before_a_restart_is_kept(tmp_path: Path) -> None:
    one = Watched(tmp_path, "false", answers=False)
    one.one.start()
    assert wait_until(one.tend, 5)
    assert not one.tend()  # 0.5 s are not over
    assert one.record()["state"] == "waiting"


def test_what_never_started_is_stopped(tmp_path: Path) -> None:
    assert Watched(tmp_path, "true").record() == {
        "state": "stopped",
        "restarts": 0,
        "started_at": None,
        "metrics": None,
        "pid": None,
    }


@pytest.fixture
def health() -> Iterator[tuple[str, list[int]]]:
    """A /healthz, and the status that it answers with."""
    status = [200]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status[0])
            self.end_headers()
            self.wfile.write(b"the loop hangs\n")

        def log_message(self, format: str, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", status
        server.shutdown()
        thread.join()


def test_one_that_says_that_it_is_not_alive_is_killed(
    tmp_path: Path, health: tuple[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    url, status = health
    one = Watched(tmp_path, "sleep", "1000", url=url)
    one.one.start()
    assert one.tend()
    assert not one.tend()
    status[0] = 503
    assert wait_until(one.tend, 5)
    assert one.said[0] == "test is not alive: the loop hangs"
    assert one.record()["state"] == "waiting"


def test_one_that_fell_silent_is_killed_but_not_one_that_has_yet_to_speak(
    tmp_path: Path, health: tuple[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(module, "SILENT_SECONDS", 0.0)
    url, _ = health
    one = Watched(tmp_path, "sleep", "1000", url="http://127.0.0.1:1")
    one.one.start()
    assert one.tend()
    assert not one.tend()
    assert one.said == []
    one.one.url = url
    one.tend()
    one.one.url = "http://127.0.0.1:1"
    assert wait_until(one.tend, 5)
    assert one.said[0] == "test has not answered for 0 s"
