"""/metrics, /healthz and /readyz as a scraper sees them."""

import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from headcount.errors import UnavailableError
from headcount.metrics import Metrics
from headcount.serve import Health, Server
from headcount.settings import ProcessSettings, load

SETTINGS = load({}).process


@dataclass
class Process:
    """A process whose health a test decides."""

    dead: str | None = None
    unready: str | None = None
    metrics: Metrics = field(default_factory=Metrics)


@pytest.fixture(scope="module")
def process() -> Process:
    return Process()


@pytest.fixture(scope="module")
def server(process: Process) -> Iterator[Server]:
    """One for all tests, as it takes half a second to stop."""
    started = Server(SETTINGS, process.metrics, Health(alive=lambda: process.dead, ready=lambda: process.unready))
    yield started
    started.close()


def get(server: Server, path: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()
    finally:
        connection.close()


def test_metrics_in_prometheus_text(server: Server, process: Process) -> None:
    process.metrics.refused.labels("kind").inc(3)
    status, kind, body = get(server, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=0.0.4")
    assert '\nheadcount_refused_total{reason="kind"} 3.0\n' in body


def test_two_processes_in_one_have_metrics_of_their_own() -> None:
    one, other = Metrics(), Metrics()
    one.poison.inc()
    assert b"headcount_poison_rows_total 1.0" in one.render()
    assert b"headcount_poison_rows_total 0.0" in other.render()


def test_alive_and_ready_are_two_questions(server: Server, process: Process) -> None:
    assert (get(server, "/healthz")[0], get(server, "/readyz")[0]) == (200, 200)
    process.unready = "records wait for 130 s on partitions [3]"
    assert get(server, "/healthz")[0] == 200
    assert get(server, "/readyz")[::2] == (503, "records wait for 130 s on partitions [3]\n")
    process.dead, process.unready = "the loop has ended", None
    assert get(server, "/healthz")[::2] == (503, "the loop has ended\n")
    assert get(server, "/readyz")[0] == 200
    process.dead = None


def test_another_path_says_what_there_is(server: Server) -> None:
    status, _, body = get(server, "/")
    assert status == 404
    assert all(path in body for path in ("/metrics", "/healthz", "/readyz"))


def test_it_listens_on_loopback_unless_told(server: Server) -> None:
    assert urlsplit(server.url).hostname == "127.0.0.1"
    assert urlsplit(server.url).port not in (None, 0)


def test_a_port_that_is_taken_gives_one_clear_error(server: Server) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    settings = ProcessSettings(SETTINGS.state_dir, metrics_port=port)
    with pytest.raises(UnavailableError) as raised:
        Server(settings, Metrics(), Health(alive=lambda: None, ready=lambda: None))
    assert raised.value.where == f"127.0.0.1:{port}"
    assert "Address already in use" in raised.value.what
    assert "HEADCOUNT_METRICS_PORT" in raised.value.do


def test_close_frees_the_port_and_ends_the_thread(process: Process) -> None:
    health = Health(alive=lambda: None, ready=lambda: None)
    threads = [thread.name for thread in threading.enumerate()]
    first = Server(SETTINGS, process.metrics, health)
    port = urlsplit(first.url).port
    first.close()
    assert port is not None
    second = Server(ProcessSettings(SETTINGS.state_dir, metrics_port=port), process.metrics, health)
    second.close()
    assert threads == [thread.name for thread in threading.enumerate()]
