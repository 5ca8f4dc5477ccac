import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from headcount.up.probe import http_status, kafka_answers


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """A server that answers one connection with the given bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(request.param)

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()
        thread.join()


@pytest.mark.parametrize("answering", [b"\x00\x00\x00\x2a\x00\x00\x00\x01\x00\x00rest"], indirect=True)
def test_a_broker_is_known_by_its_answer(answering: tuple[str, int]) -> None:
    assert kafka_answers(*answering)


@pytest.mark.parametrize(
    "answering", [b"HTTP/1.1 400 Bad Request", b"", b"\x00\x00\x00\x06\x00\x00\x00\x01\x00\x23"], indirect=True
)
def test_anything_else_is_no_broker(answering: tuple[str, int]) -> None:
    assert not kafka_answers(*answering)


def test_a_closed_port_is_no_broker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not kafka_answers("127.0.0.1", port)
    assert http_status(f"http://127.0.0.1:{port}/readyz")[0] == 0


def test_a_red_answer_comes_with_its_reason() -> None:
    class Red(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.end_headers()
            self.wfile.write(b"partition 3 stopped\n")

        def log_message(self, format: str, *args: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Red) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert http_status(f"http://127.0.0.1:{server.server_address[1]}/readyz") == (503, "partition 3 stopped")
        thread.join()
