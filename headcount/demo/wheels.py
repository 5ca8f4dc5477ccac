"""Three small wheels made on the spot, and an index of them on this machine: for a demo that reaches no other."""

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

LOCAL_PACKAGES: Final[Mapping[str, Sequence[str]]] = {
    "headcount-demo-vase": ("headcount-demo-clay", "headcount-demo-glaze"),
    "headcount-demo-clay": (),
    "headcount-demo-glaze": (),
}
"""What each of them needs; who installs the first has all."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip file can hold: the same wheel has the same bytes."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel: its file's name, its bytes, and its metadata, which an index also gives apart (PEP 658)."""

    file: str
    content: bytes
    metadata: bytes


def wheel(name: str, needs: Sequence[str], version: str = "1.0") -> Wheel:
    """Make a wheel of one empty module (PEP 427)."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {n}" for n in needs)]
    metadata = "".join(f"{line}\n" for line in lines).encode()
    files = {
        f"{module}.py": b'"""Made on the spot by `headcount demo`."""\n',
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: headcount\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), data)
    return Wheel(f"{module}-{version}-py3-none-any.whl", held.getvalue(), metadata)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def pages(packages: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, bytes]]:
    """Give everything that an index of these packages serves: media type and bytes by path."""
    served = {}
    for name, needs in packages.items():
        made = wheel(name, needs)
        link = f'<a href="/files/{made.file}#sha256={hashlib.sha256(made.content).hexdigest()}"'
        announced = f' data-core-metadata="sha256={hashlib.sha256(made.metadata).hexdigest()}"'
        page = f"<!DOCTYPE html>\n<html><body>{link}{announced}>{made.file}</a></body></html>\n"
        served[f"/simple/{name}/"] = ("text/html; charset=utf-8", page.encode())
        served[f"/files/{made.file}"] = ("application/octet-stream", made.content)
        served[f"/files/{made.file}.metadata"] = ("text/plain; charset=utf-8", made.metadata)
    return served


class LocalIndex:
    """An index on a free port of this machine, served by a thread until it is closed. `served` as `pages` gives it."""

    def __init__(self, served: Mapping[str, tuple[str, bytes]]) -> None:

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                kind, content = served.get(self.path, ("text/plain", b""))
                self.send_response(HTTPStatus.OK if content else HTTPStatus.NOT_FOUND)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="index", daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/simple/"

    def start(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
