"""A schema registry over HTTP that serves schemas/ids.lock, as a user's own tools would ask one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from schemas.registry import Registered, newest, registered


def answer(path: str) -> dict[str, Any] | None:
    """What the registry says of a path; null where it has nothing."""
    match [unquote(part) for part in urlsplit(path).path.strip("/").split("/")]:
        case ["schemas", "ids", number]:
            schema = registered().get(int(number))
        case ["subjects", subject, "versions", "latest"]:
            schema = newest(subject)
        case _:
            schema = None
    return None if schema is None else as_row(schema)


def as_row(schema: Registered) -> dict[str, Any]:
    return {"id": schema.id, "subject": schema.subject, "version": schema.version, "schema": schema.text}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = answer(self.path)
        error = {"error_code": 40403, "message": f"nothing at {self.path}"}
        body = json.dumps(error if found is None else found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve on loopback; gives the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
