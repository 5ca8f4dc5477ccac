"""DL8: IPv6, TLS with reload, proxies in front, a port of its own for metrics and health."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path

import pytest

from headcount.settings import KafkaSettings
from tests.integration.gateway.serving import (
    MANIFEST,
    Server,
    gateway,
    get,
    read_all,
    read_answer,
    statuses,
    wait_for_events,
)
from tests.kafka_topics import eventually


def test_DL8_the_same_port_answers_ipv4_and_ipv6(raw: KafkaSettings, served: Server) -> None:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as trial:
        trial.bind(("::1", 0))
        with socket.create_connection(("::1", served.port), timeout=10) as connection:
            connection.sendall(get("/pixel/docs", "Connection: close"))
            assert statuses(read_all(connection)) == [200]
        served.exchange(get("/pixel/docs", "Connection: close"))
        assert {event["address"] for event in wait_for_events(raw, 2)} == {"::1", "127.0.0.1"}
        return
    pytest.skip("this machine has no IPv6")


def test_DL8_a_mapped_address_is_the_ipv4_one(raw: KafkaSettings, tmp_path: Path) -> None:
    with gateway(raw, tmp_path / "gateway", "--host", "::") as server:
        assert statuses(server.exchange(get("/pixel/docs", "Connection: close"))) == [200]
    assert [event["address"] for event in wait_for_events(raw, 1)] == ["127.0.0.1"]


def test_DL8_only_a_trusted_proxy_is_believed(raw: KafkaSettings, served: Server, tmp_path: Path) -> None:
    asked = get("/pixel/docs", "X-Forwarded-For: 203.0.113.1, 198.51.100.7", "Connection: close")
    served.exchange(asked)
    assert [event["address"] for event in wait_for_events(raw, 1)] == ["127.0.0.1"]
    words = ("--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", "198.51.100.0/24")
    with gateway(raw, tmp_path / "behind", *words) as behind:
        behind.exchange(asked)
        behind.exchange(
            get("/pixel/docs", "X-Forwarded-For: 192.0.2.66", "X-Forwarded-For: 2001:DB8::1", "Connection: close")
        )
    addresses = [event["address"] for event in wait_for_events(raw, 3)]
    assert sorted(addresses) == ["127.0.0.1", "2001:db8::1", "203.0.113.1"]


def certificate(folder: Path, name: str) -> None:
    """Write a new self-signed certificate for `name` over the one that is there."""
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    words += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(
        [*words, "-keyout", str(folder / "key.pem"), "-out", str(folder / "chain.pem")], check=True, capture_output=True
    )


def served_name(server: Server) -> str:
    """The name in the certificate that a new connection is shown."""
    pem = ssl.get_server_certificate(("127.0.0.1", server.port))
    out = subprocess.run(
        ["openssl", "x509", "-noout", "-subject"], input=pem, text=True, check=True, capture_output=True
    )
    return out.stdout.strip().rpartition("=")[2].strip()


def test_DL8_the_certificate_changes_under_connections_and_a_broken_one_does_not_count(
    raw: KafkaSettings, tmp_path: Path
) -> None:
    certificate(tmp_path, "old.example.org")
    words = ("--certificate", str(tmp_path / "chain.pem"), "--key", str(tmp_path / "key.pem"))
    with gateway(raw, tmp_path / "gateway", *words) as server:
        assert server.url.startswith("https://")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(server.connect(), server_hostname="old.example.org") as connection:
            connection.sendall(get("/pixel/docs"))
            assert statuses(read_answer(connection)) == [200]  # type: ignore[arg-type]  # reads and writes like a socket
            assert served_name(server) == "old.example.org"
            certificate(tmp_path, "new.example.org")
            os.kill(server.process.process.pid, signal.SIGHUP)
            assert (
                eventually(lambda: served_name(server), is_right=lambda name: name == "new.example.org")
                == "new.example.org"
            )
            (tmp_path / "chain.pem").write_text("no certificate")
            assert server.process.said("the certificate is broken")
            assert served_name(server) == "new.example.org"
            connection.sendall(get("/pixel/docs", "Connection: close"))
            assert statuses(read_answer(connection)) == [200]
    assert len(wait_for_events(raw, 2)) == 2


def test_DL8_metrics_and_health_have_a_port_of_their_own(served: Server) -> None:
    assert served.process.ready() == "ok\n"
    url = served.process.said("the gateway listens")[0]["metrics"]
    assert not url.endswith(f":{served.port}")
    with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
        assert answer.read() == b"ok\n"
    assert statuses(served.exchange(get("/metrics") + get("/healthz", "Connection: close"))) == [404, 404]
    eventually(lambda: served.metric("headcount_gateway_requests_total"), is_right=lambda count: count == 2)
    assert served.metric("headcount_gateway_requests_total") == 2


def test_DL8_several_workers_share_the_port_and_one_page_of_metrics(raw: KafkaSettings, tmp_path: Path) -> None:
    with gateway(raw, tmp_path / "gateway", "--workers", "2", manifest=MANIFEST % "dl.example.org") as server:
        assert server.process.ready() == "ok\n"
        for _ in range(40):
            assert statuses(server.exchange(get("/pixel/docs", "Connection: close"))) == [200]
        counted = eventually(
            lambda: server.metric("headcount_gateway_requests_total"), is_right=lambda count: count == 40
        )
        assert counted == 40
    assert len(wait_for_events(raw, 40)) == 40
