"""The same requests through nginx and through the gateway give equal events (DL35), with the configuration that we ship."""

import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.topics import DEAD_DOWNLOADS, RAW_DOWNLOADS
from tests.integration.gateway.serving import gateway, read_all
from tests.integration.ship.shipping import CONFIGURATION, MANIFEST, events, nginx, ship
from tests.kafka_topics import eventually
from tests.processes import environment
from tests.stack import Stack

Request = tuple[str, str, str, tuple[bytes, ...]]

FILES = "downloads.example.org"
PYTHON = "python.example.org"
REQUESTS: tuple[Request, ...] = (
    ("GET", FILES, "/your-tool/1.0/your-tool-1.0.tar.gz", (b"User-Agent: pip/24.0",)),
    ("GET", FILES, "/your-tool/1.0/your-tool-1.0.tar.gz?token=canary-1&a=b", (b"User-Agent: curl/8.0",)),
    ("HEAD", FILES, "/your-tool/1.0/your-tool-1.0.tar.gz", (b"User-Agent: pip/24.0",)),
    ("GET", FILES, "/your-tool/1.0/your-tool-1.0.tar.gz", (b"User-Agent: uv/0.5", b"Range: bytes=0-99")),
    ("GET", FILES, "/your-tool/2.0/a%2Bb.zip", (b"User-Agent: pip/24.0", b'If-None-Match: "x"')),
    ("GET", FILES, "/your-tool/2.0/a.zip", (b"If-Modified-Since: Tue, 24 Nov 2026 13:00:00 GMT",)),
    ("GET", FILES, "/your-tool/acme.internal.host/a.zip", (b"User-Agent: pip/24.0",)),
    ("GET", FILES.upper() + ":8080", "/your-tool/1.0/b.zip", (b"User-Agent: pip/24.0",)),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: opted", b"DNT: 1")),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: opted", b"Sec-GPC: 1")),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: not", b"DNT: 0")),
    ("GET", FILES, "/nothing/here", (b"User-Agent: pip/24.0",)),
    ("POST", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: pip/24.0",)),
    ("DELETE", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: pip/24.0",)),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b'User-Agent: odd "quoted" \\ back',)),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: caf\xe9 \xe2\x82\xac tab\there",)),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: " + b"x" * 5000,)),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: p", b"X-Forwarded-For: 203.0.113.9, 127.0.0.2")),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: p", b"X-Forwarded-For: 203.0.113.1, 2001:db8::7")),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: p", b"X-Forwarded-For: ::ffff:192.0.2.1")),
    ("GET", FILES, "/your-tool/1.0/b.zip", (b"User-Agent: p", b"X-Forwarded-For: nonsense")),
    ("GET", PYTHON, "/simple/private-thing/", (b"User-Agent: pip/24.0", b"Authorization: Basic Y2FuYXJ5LTI6eA==")),
    ("GET", PYTHON, "/simple/private-thing/private_thing-1.0.tar.gz", (b"User-Agent: pip/24.0",)),
    ("GET", PYTHON, "/nothing/at/all", (b"User-Agent: pip/24.0", b"Cookie: canary-3", b"Referer: https://canary-4/")),
    ("GET", "other.example.org", "/your-tool/1.0/b.zip", (b"User-Agent: pip/24.0",)),
)


def ask(port: int, request: Request) -> bytes:
    method, host, target, headers = request
    lines = [f"{method} {target} HTTP/1.1".encode(), f"Host: {host}".encode(), *headers, b"Connection: close", b"", b""]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"\r\n".join(lines))
        return read_all(connection)


def told(seen: list[dict[str, Any]]) -> Counter[str]:
    """Events but for the moment and the bytes of a body, which are each server's own."""
    kept = [{name: value for name, value in each.items() if name not in ("bytes", "at")} for each in seen]
    return Counter(repr(sorted(each.items())) for each in kept)


@pytest.fixture
def both(stack: Stack) -> tuple[KafkaSettings, KafkaSettings]:
    """One broker, and topics for each of the two."""
    prefixes = [stack.kafka_settings(stack.fresh_prefix()) for _ in range(2)]
    for each in prefixes:
        ensure(each, (RAW_DOWNLOADS, DEAD_DOWNLOADS))
    return prefixes[0], prefixes[1]


def test_DL35_the_same_requests_give_the_same_events(both: tuple[KafkaSettings, KafkaSettings], tmp_path: Path) -> None:
    by_nginx, by_gateway = both
    proxies = ("--trusted-proxy", "127.0.0.0/8")
    with gateway(by_gateway, tmp_path / "gateway", *proxies, manifest=MANIFEST) as server:
        theirs = [ask(server.port, request).split(b" ", 2)[1] for request in REQUESTS]
        eventually(lambda: len(events(by_gateway)), is_right=lambda count: count >= len(REQUESTS))
    folder = tmp_path / "nginx"
    folder.mkdir(mode=0o755)
    with nginx(folder, CONFIGURATION.read_text(encoding="utf-8")) as (port, log):
        answers = [ask(port, request) for request in REQUESTS]
        assert [answer.split(b" ", 2)[1] for answer in answers] == theirs
        eventually(lambda: log.read_bytes().count(b"\n"), is_right=lambda count: count >= len(REQUESTS))
    for answer in answers:
        if answer.startswith(b"HTTP/1.1 302"):
            assert b"Cache-Control: no-store\r\n" in answer
            assert b"\r\nLocation: https://releases.upstream.example.org/v" in answer
    counts = ship(environment(by_nginx, tmp_path / "state"), log, *proxies)
    # The port's own look at nginx is no request.
    assert (counts["events"], counts["refused"]) == (len(REQUESTS), 0)
    ours = events(by_nginx)
    assert told(ours) == told(events(by_gateway))
    assert b"canary" not in repr(ours).encode()
    midnights = [each["at"] % 86_400_000_000 == 0 for each in ours if each["kind"] == "opted_out"]
    assert midnights == [True, True]


def test_DL35_nothing_in_the_configuration_is_kept_for_ever(tmp_path: Path) -> None:
    text = "\n".join(line.partition("#")[0] for line in CONFIGURATION.read_text(encoding="utf-8").splitlines())
    assert "permanent" not in text
    assert " 301" not in text
    assert " 308" not in text
    folder = tmp_path / "nginx"
    folder.mkdir(mode=0o755)
    with nginx(folder, CONFIGURATION.read_text(encoding="utf-8")) as (port, _):
        page = ask(port, ("GET", PYTHON, "/simple/your-package/", ()))
        assert page.startswith(b"HTTP/1.1 302")
        assert b"Location: https://upstream.example.org/simple/your-package/\r\n" in page
        assert b"Cache-Control: no-store\r\n" in page
        assert ask(port, ("GET", PYTHON, "/simple/unlisted/", ())).startswith(b"HTTP/1.1 404")
        for trick in ("/your-tool/1.0/a%0d%0aX-Evil:%201", "/your-tool/1.0/%0a", "/your-tool/..%2f..%2f/x"):
            answer = ask(port, ("GET", FILES, trick, ()))
            assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
            assert b"X-Evil" not in answer
