"""A gateway as its tests run it: a real process before a real Kafka, asked over real sockets."""

import re
import socket
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headcount.settings import KafkaSettings
from schemas.topics import RAW_DOWNLOADS
from tests.kafka_topics import eventually, records
from tests.processes import Running, environment, running

HOST = "downloads.example.org"
MANIFEST = """
[[domain]]
host = "downloads.example.org"

[[domain.rule]]
type = "file"
path = "/tool/{version}/{file}"
target = "https://%s/{version}/{file}"
project = "tool"

[[domain.rule]]
type = "pixel"
path = "/pixel/docs"
id = "docs"
"""


class Server:
    """A running gateway and where it listens."""

    def __init__(self, process: Running, url: str) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rpartition(":")[2])

    def connect(self, seconds: float = 10.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def exchange(self, sent: bytes, *, seconds: float = 15.0) -> bytes:
        """Send bytes, and give everything until the gateway ends the connection (or `seconds` are over)."""
        with self.connect(seconds) as connection:
            connection.sendall(sent)
            return read_all(connection)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        url = self.process.said("the gateway listens")[-1]["metrics"]
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)))


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side ends; what came so far where it takes too long or breaks off."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except OSError:
        pass
    return b"".join(pieces)


def read_answer(connection: socket.socket) -> bytes:
    """One answer with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: (\d+)", head)
    length = int(found[1]) if found else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def get(path: str = "/tool/1.0/tool-1.0.tar.gz", *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {HOST}", *headers, "", ""]).encode("latin-1")


def statuses(answers: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


@contextmanager
def gateway(
    settings: KafkaSettings, folder: Path, *words: str, manifest: str = MANIFEST % "dl.example.org"
) -> Iterator[Server]:
    """Run a gateway on a free port of loopback; its manifest lies in `folder`."""
    folder.mkdir(exist_ok=True)
    file = folder / "gateway.toml"
    file.write_text(manifest)
    command = ["-m", "headcount", "gateway", "--manifest", str(file), "--port", "0", *words]
    with running(command, environment(settings, folder / "state"), folder / "gateway.log") as process:
        listens = process.said("the gateway listens")
        assert listens, (folder / "gateway.log").read_text()
        yield Server(process, listens[0]["urls"][0])


Event = dict[str, Any]


def events(settings: KafkaSettings) -> list[Event]:
    """All requests on the raw topic, each with its source's address and agent, by partition in their order."""
    return [
        {"address": source["address"], "agent": source["agent"], **request}
        for _, batch in records(settings, RAW_DOWNLOADS)
        for source in batch["sources"]
        for request in source["requests"]
    ]


def wait_for_events(settings: KafkaSettings, count: int, *, seconds: float = 30.0) -> list[Event]:
    """Wait until there are so many; gives all."""
    return eventually(lambda: events(settings), is_right=lambda seen: len(seen) >= count, seconds=seconds)


def tally(seen: Sequence[Event], *fields: str) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(event[field] for field in fields) for event in seen)
