"""/metrics, /healthz and /readyz of a process, on loopback unless told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from headcount.errors import UnavailableError
from headcount.metrics import Metrics
from headcount.settings import ProcessSettings


@dataclass(frozen=True, slots=True)
class Health:
    """Asked at each request: null is well, text says what is wrong. Not `alive`: restart it; not `ready`: look."""

    alive: Callable[[], str | None]
    ready: Callable[[], str | None]


class Server:
    """Serves until `close()`; `url` says where."""

    def __init__(self, settings: ProcessSettings, metrics: Metrics, health: Health) -> None:
        try:
            self._http = ThreadingHTTPServer((settings.metrics_host, settings.metrics_port), _handler(metrics, health))
        except OSError as error:
            raise UnavailableError(
                f"the metrics cannot be served: {error.strerror}",
                where=f"{settings.metrics_host}:{settings.metrics_port}",
                do="give HEADCOUNT_METRICS_PORT another port, or 0 for a free one",
            ) from error
        metrics.restarts.set(settings.restarts)
        self._http.daemon_threads = True
        host, port = self._http.server_address[:2]
        self.url = f"http://{host!s}:{port}"
        self._thread = threading.Thread(target=self._http.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving and free the port."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(metrics: Metrics, health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/metrics":
                    self._answer(200, metrics.render(), "text/plain; version=0.0.4; charset=utf-8")
                case "/healthz":
                    self._state(health.alive())
                case "/readyz":
                    self._state(health.ready())
                case _:
                    self._answer(404, b"there are /metrics, /healthz and /readyz\n", "text/plain; charset=utf-8")

        def _state(self, wrong: str | None) -> None:
            text = "ok" if wrong is None else wrong
            self._answer(200 if wrong is None else 503, f"{text}\n".encode(), "text/plain; charset=utf-8")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a scrape every few seconds is no news."""

    return Handler
