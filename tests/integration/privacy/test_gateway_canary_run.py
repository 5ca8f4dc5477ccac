"""The gateway's canary run: planted in all that a client controls, found on raw alone, and there where it may stand."""

import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from headcount.postgres import connect
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.topics import RAW_DOWNLOADS
from sinks.migrate import migrate
from tests.canaries import CANARIES
from tests.integration.gateway.serving import Event, Server, events, gateway, read_all, statuses
from tests.integration.privacy.asking import MANIFEST, Asked, malformed, well_formed
from tests.integration.privacy.search import Place, database_text, file_text, found, leaks, topic_text, topics
from tests.kafka_topics import eventually
from tests.processes import environment, headcount
from tests.stack import Database, Stack

REGISTRY = {"/simple/six/": b'<a href="/files/six-1.0.tar.gz">six-1.0.tar.gz</a>', "/config.json": b'{"dl": "/d"}'}


class Upstream(BaseHTTPRequestHandler):
    """A registry that has one project, and wants a password for its images."""

    def do_GET(self) -> None:
        content = REGISTRY.get(self.path)
        self.send_response(401 if self.path.startswith("/v2/") else 404 if content is None else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True, slots=True)
class Run:
    """A gateway that has answered everything and still runs, all that is on raw, and by agent what was asked."""

    settings: KafkaSettings
    stack: Stack
    database: Database
    server: Server
    folder: Path
    events: list[Event]
    asked: dict[str, Asked]
    opted_out: int


@pytest.fixture(scope="module")
def run(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    settings, database = stack.kafka_settings(stack.fresh_prefix()), stack.fresh_database()
    ensure(settings)
    migrate(database.owner)
    folder = tmp_path_factory.mktemp("canaries")
    asked = list(well_formed())
    with upstream() as registry, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADCOUNT_LOG_LEVEL", "debug")
        manifest = MANIFEST.format(upstream=registry)
        with gateway(settings, folder, "--trusted-proxy", "127.0.0.0/8", manifest=manifest) as server:
            for each in asked:
                answer = server.exchange(each.sent)
                assert len(statuses(answer)) == 1, each
                assert statuses(answer)[0] < 500 or "away.example.org" in each.sent.decode(), (each, answer)
            for data in malformed():
                status = statuses(spoken(server, data))
                assert [number for number in status if number >= 500] == [], data
            opted_out = int(server.metric("headcount_gateway_opted_out_total"))
            seen = all_events(settings, server, len(asked))
            yield Run(settings, stack, database, server, folder, seen, by_agent(asked), opted_out)


def spoken(server: Server, data: bytes) -> bytes:
    """Send what may be half a request, and end our side of the connection."""
    with server.connect() as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError:  # it has heard enough
            pass
        return read_all(connection)


def all_events(settings: KafkaSettings, server: Server, least: int) -> list[Event]:
    """Wait until all that the gateway answered is on raw."""

    def is_all(seen: list[Event]) -> bool:
        counted = [each for each in seen if each["kind"] != "opted_out"]
        return len(seen) >= least and len(counted) >= server.metric("headcount_gateway_requests_total")

    return eventually(lambda: events(settings), is_right=is_all, seconds=60)


def by_agent(asked: list[Asked]) -> dict[str, Asked]:
    return {agent_of(each.sent.decode()): each for each in asked}


def agent_of(text: str) -> str:
    return text.partition("User-Agent: ")[2].partition(" ")[0].partition("\r")[0]


def strays(seen: list[Event], by_agent: dict[str, Asked]) -> Iterator[str]:
    """Each field on raw that holds a canary where it may not."""
    for event in seen:
        agent = event["agent"] or ""
        asked = by_agent.get(agent.partition(" ")[0])
        may = asked.may_hold if asked else frozenset()
        kept: dict[str, Any] = {name: value for name, value in event.items() if name not in may}
        if held := found(json.dumps(kept, ensure_ascii=False)):
            yield f"{list(held)} after {asked.where if asked else 'nothing well-formed'}: {kept}"


def other_topics(settings: KafkaSettings) -> Iterator[Place]:
    for name in topics(settings):
        if name != settings.name(RAW_DOWNLOADS):
            yield topic_text(settings, name)


def behind_raw(run: Run) -> Iterator[Place]:
    """All that there is besides the raw topic."""
    yield from other_topics(run.settings)
    name = run.database.owner.rpartition("/")[2].partition("?")[0]
    with connect(run.stack.postgres.dsn("postgres", name), application="tests") as connection:
        yield from database_text(connection)
    metrics = run.server.process.said("the gateway listens")[-1]["metrics"]
    for path in ("metrics", "readyz", "healthz"):
        with urllib.request.urlopen(f"{metrics}/{path}", timeout=10) as answer:
            yield path, answer.read().decode()
    yield from file_text(run.folder)
    for log in (run.stack.kafka.log, run.stack.postgres.log):
        yield str(log.name), log.read_text(errors="replace")


def test_canary_run_of_the_gateway_finds_nothing_but_on_raw(run: Run) -> None:
    lines = list(leaks(behind_raw(run)))
    assert not lines, "\n".join(lines[:50])


def test_canary_run_of_the_gateway_finds_on_raw_what_may_stand_there_only(run: Run) -> None:
    lines = list(strays(run.events, run.asked))
    assert not lines, f"{len(lines)}\n" + "\n".join(lines[:50])


def test_canary_run_of_the_gateway_finds_no_credential_in_the_bytes_of_raw(run: Run) -> None:
    """Not by field but by byte: what stands in a record and in no field of an event would be seen here."""
    _, text = topic_text(run.settings, run.settings.name(RAW_DOWNLOADS))
    of_fields = json.dumps([{name: event[name] for name in ("address", "agent", "file")} for event in run.events])
    assert set(found(text)) <= set(found(of_fields))


def test_canary_run_of_the_gateway_was_answered_and_is_on_raw_where_it_may(run: Run) -> None:
    """The run would prove nothing if canaries were in no event at all, or requests had none."""
    agents = {(event["agent"] or "").partition(" ")[0] for event in run.events}
    missing = [asked.where for agent, asked in run.asked.items() if agent not in agents]
    assert len(missing) == run.opted_out == len(CANARIES), missing
    assert all("opted out" in where for where in missing)
    for name in ("agent", "file"):
        held = found(json.dumps([event[name] for event in run.events], ensure_ascii=False))
        assert set(CANARIES) <= set(held), name
    addresses = {event["address"] for event in run.events}
    assert {"192.0.2.77", "2001:db8:dead:beef::77", "2001:db8:dead:beef::88", "203.0.113.9"} <= addresses
    assert {str(event["rule"]) for event in run.events} == {
        "python", "npm", "cargo", "docker", "file", "pixel", "catch-all", "none",
    }  # fmt: skip


def logged(asked: Asked) -> bytes:
    """The line that nginx would write of a request, with deploy/nginx/headcount.conf."""
    head = asked.sent.decode().split("\r\n")
    method, uri, _ = head[0].split(" ", 2)
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    row = {"at": "1795521600.123", "address": "127.0.0.1", "method": method, "uri": uri, "status": "302", "bytes": "0"}
    names = {
        "host": "host", "forwarded": "x-forwarded-for", "range": "range", "conditional": "if-none-match",
        "agent": "user-agent", "dnt": "dnt", "gpc": "sec-gpc",
    }  # fmt: skip
    return json.dumps(row | {name: headers.get(header, "") for name, header in names.items()}).encode()


def broken_lines() -> Iterator[bytes]:
    """Lines that cannot be read, and such of another format, with a canary in each part."""
    good = json.loads(logged(next(well_formed())))
    for canary in CANARIES:
        yield canary.encode()
        yield json.dumps(good | {"at": canary}).encode()
        yield json.dumps(good | {"status": canary}).encode()
        yield json.dumps(good | {"address": canary, "bytes": [canary]}).encode()
        yield json.dumps(good | {canary: canary}).encode()[:-3]
        yield f'192.0.2.1 - {canary} [{canary}] "GET /{canary} HTTP/1.1" 200 1 "{canary}" "{canary}"'.encode()
        yield canary.encode() * (70_000 // len(canary))


def test_canary_run_of_the_shipper(stack: Stack, tmp_path: Path) -> None:
    settings = stack.kafka_settings(stack.fresh_prefix())
    ensure(settings)
    asked = list(well_formed())
    log, manifest = tmp_path / "access.log", tmp_path / "gateway.toml"
    lines = [logged(each) for each in asked]
    log.write_bytes(b"".join(line + b"\n" for line in (*lines, *broken_lines())))
    manifest.write_text(MANIFEST.format(upstream="https://upstream.example.org"))
    environ = environment(settings, tmp_path / "state") | {"HEADCOUNT_LOG_LEVEL": "debug"}
    words = ("ship-nginx", str(log), "--manifest", str(manifest), "--trusted-proxy", "127.0.0.0/8", "--once", "--json")
    shipped = headcount(environ, *words)
    assert shipped.returncode == 0, shipped.stderr
    counts = json.loads(shipped.stdout)
    assert counts["events"] >= len(asked)
    assert counts["refused"] > 5 * len(CANARIES)
    places = [("stdout", shipped.stdout), ("stderr", shipped.stderr), *other_topics(settings)]
    places += file_text(tmp_path / "state")
    found_behind = list(leaks(places))
    assert not found_behind, "\n".join(found_behind[:50])
    seen = events(settings)
    assert len(seen) == counts["events"]
    found_on_raw = list(strays(seen, by_agent(asked)))
    assert not found_on_raw, "\n".join(found_on_raw[:50])
