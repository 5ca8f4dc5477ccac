"""The shipper as a process, what it sent, and a real nginx before it."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from headcount.settings import KafkaSettings
from schemas.topics import DEAD_DOWNLOADS, RAW_DOWNLOADS
from tests.kafka_topics import records
from tests.processes import TREE, headcount

CONFIGURATION = TREE / "deploy" / "nginx" / "headcount.conf"
MANIFEST = """
[[domain]]
host = "downloads.example.org"

[[domain.rule]]
type = "file"
path = "/your-tool/{version}/{file}"
target = "https://releases.upstream.example.org/v{version}/{file}"
project = "your-tool"

[[domain]]
host = "python.example.org"

[[domain.rule]]
type = "python"
target = "https://upstream.example.org/simple/"
projects = ["your-package", "your-other-package"]
"""


def words(log: Path, *more: str) -> list[str]:
    """The command line for a log; the manifest lies beside it."""
    manifest = log.parent / "gateway.toml"
    if not manifest.exists():
        manifest.write_text(MANIFEST)
    return ["ship-nginx", str(log), "--manifest", str(manifest), "--json", *more]


def ship(environ: dict[str, str], log: Path, *more: str) -> dict[str, int]:
    """Ship what is there, and give the counts."""
    ended = headcount(environ, *words(log, "--once", *more))
    assert ended.returncode == 0, ended.stderr
    counts: dict[str, int] = json.loads(ended.stdout)
    return counts


def batches(settings: KafkaSettings) -> list[dict[str, Any]]:
    """The batches as streams take them: of those under one number all but the first are dropped.

    Asserts that they can be accounted for: equal numbers mean equal bytes, none is missing, totals are what they add up to.
    """
    kept: dict[tuple[str, int, int], tuple[bytes, dict[str, Any]]] = {}
    for message, batch in records(settings, RAW_DOWNLOADS):
        key = (batch["producer_id"], message.partition(), batch["seq"])
        value = bytes(message.value() or b"")
        assert kept.setdefault(key, (value, batch))[0] == value
    totals: dict[tuple[str, int], int] = {}
    expected: dict[tuple[str, int], int] = {}
    for (producer, partition, seq), (_, batch) in sorted(kept.items()):
        line = (producer, partition)
        assert seq == expected.get(line, 0), "a number is missing"
        expected[line] = seq + 1
        totals[line] = totals.get(line, 0) + sum(len(source["requests"]) for source in batch["sources"])
        assert batch["handed_over"] == totals[line]
        assert batch["dropped"] == 0
    return [batch for _, batch in kept.values()]


def events(settings: KafkaSettings) -> list[dict[str, Any]]:
    """All requests, each with its source's address and agent."""
    return [
        {"address": source["address"], "agent": source["agent"], **request}
        for batch in batches(settings)
        for source in batch["sources"]
        for request in source["requests"]
    ]


def letters(settings: KafkaSettings) -> dict[str, dict[str, Any]]:
    """Dead letters by their position: the same one twice is one."""
    return {letter["position"]: letter for _, letter in records(settings, DEAD_DOWNLOADS)}


def nginx_program() -> str:
    """Where nginx is; the test is skipped where it is not."""
    found = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin")
    if found is None:
        pytest.skip("there is no nginx on this machine (apt-get install nginx)")
    return found


@contextmanager
def nginx(folder: Path, configuration: str) -> Iterator[tuple[int, Path]]:
    """Run a real nginx with a configuration of ours; gives its port on loopback, and the log."""
    program = nginx_program()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "headcount.log"
    ours = configuration.replace("/var/log/nginx/headcount.log", str(log)).replace("8080", str(port))
    if not _has_ipv6():
        ours = "\n".join(line for line in ours.splitlines() if "listen [::]" not in line)
    (folder / "headcount.conf").write_text(ours)
    whole = folder / "nginx.conf"
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ {paths} include {folder}/headcount.conf; }}\n"
    )
    checked = subprocess.run([program, "-t", "-c", str(whole)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen([program, "-c", str(whole)]) as process:
        try:
            _await_port(port)
            yield port, log
        finally:
            process.terminate()


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def _await_port(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.05)  # between two looks
        else:
            return
