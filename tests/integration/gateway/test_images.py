"""A real container client reads an image through the gateway; the registry wants a token and has its blobs elsewhere."""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from headcount.settings import KafkaSettings
from tests.integration.gateway.serving import Server, gateway, tally, wait_for_events

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


def blob(content: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": f"sha256:{hashlib.sha256(content).hexdigest()}", "size": len(content)}


def layer() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        content = b"hello" * 10_000
        entry = tarfile.TarInfo("hello.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


class Image:
    """An image of one layer, by digest and by tag."""

    def __init__(self) -> None:
        plain = layer()
        packed = gzip.compress(plain, mtime=0)
        rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(plain).hexdigest()}"]}
        config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs, "config": {}}).encode()
        described = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": blob(config, "application/vnd.oci.image.config.v1+json"),
            "layers": [blob(packed, "application/vnd.oci.image.layer.v1.tar+gzip")],
        }
        self.manifest = json.dumps(described).encode()
        self.blobs = {f"sha256:{hashlib.sha256(each).hexdigest()}": each for each in (config, packed)}


class Registry(BaseHTTPRequestHandler):
    """A registry: a token for everything under /v2/, blobs by a redirect to a place that must not see the token."""

    protocol_version = "HTTP/1.1"
    image: Image
    tokens_at_store: list[str]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        here = f"http://{self.headers['Host']}"
        if path == "/token":
            self.answer(200, json.dumps({"token": "t0ken"}).encode(), {"Content-Type": "application/json"})
        elif path.startswith("/store/"):
            self.tokens_at_store.extend(self.headers.get_all("Authorization", []))
            self.answer(200, self.image.blobs[path.rpartition("/")[2]], {"Content-Type": "application/octet-stream"})
        elif self.headers.get("Authorization") != "Bearer t0ken":
            challenge = f'Bearer realm="http://127.0.0.1:{self.server.server_address[1]}/token",service="registry"'
            self.answer(401, b"{}", {"WWW-Authenticate": challenge})
        elif path == "/v2/":
            self.answer(200, b"{}", {"Docker-Distribution-Api-Version": "registry/2.0"})
        elif "/manifests/" in path:
            digest = f"sha256:{hashlib.sha256(self.image.manifest).hexdigest()}"
            self.answer(200, self.image.manifest, {"Content-Type": MANIFEST_TYPE, "Docker-Content-Digest": digest})
        else:
            self.answer(307, b"", {"Location": f"{here}/store/{path.rpartition('/')[2]}"})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def registry() -> Iterator[tuple[str, type[Registry]]]:
    handler = type("Handler", (Registry,), {"image": Image(), "tokens_at_store": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
    finally:
        server.shutdown()
        server.server_close()


def copy(server: Server, image: str, folder: Path) -> subprocess.CompletedProcess[str]:
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("there is no skopeo on this machine")
    command = [skopeo, "--insecure-policy", "copy", "--src-tls-verify=false"]
    source = f"docker://127.0.0.1:{server.port}/{image}"
    return subprocess.run([*command, source, f"dir:{folder}"], capture_output=True, text=True, timeout=120, check=False)


def test_DL22_DL23_DL24_skopeo_copies_an_image(raw: KafkaSettings, tmp_path: Path) -> None:
    with registry() as (url, handler):
        rules = (
            f'[[domain]]\nhost = "127.0.0.1"\n[[domain.rule]]\ntype = "docker"\ntarget = "{url}"\nimages = ["org/*"]\n'
        )
        with gateway(raw, tmp_path / "gateway", manifest=rules) as server:
            done = copy(server, "org/tool:1.0", tmp_path / "image")
            assert done.returncode == 0, done.stderr
            for digest, content in handler.image.blobs.items():
                assert (tmp_path / "image" / digest.partition(":")[2]).read_bytes() == content
            assert json.loads((tmp_path / "image" / "manifest.json").read_text()) == json.loads(handler.image.manifest)
            assert handler.tokens_at_store == []
            seen = wait_for_events(raw, 4)
            counts = tally(seen, "kind", "project", "version", "status", "method")
            assert counts[("manifest", "org/tool", "1.0", 200, "GET")] == 1
            assert counts[("blob", "org/tool", "(digest)", 307, "GET")] == 2
            assert counts[("index", None, None, 401, "GET")] == 1
            assert "t0ken" not in repr(seen)
            unknown = copy(server, "other/tool:1.0", tmp_path / "unknown")
            assert unknown.returncode != 0
            assert "not known" in unknown.stderr
