"""The gateway beside nginx's `return 302` with an access log: one core each in turn, the same client, the same requests.

The client (wrk) and Kafka have the other core. Every answer's event has to be on Kafka: the run ends with counting them.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psutil

from benchmarks.broker import stack
from benchmarks.cores import MEASURED, OTHERS, core
from benchmarks.figures import Figure
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from headcount.up.ports import choose_port
from schemas.topics import RAW_DOWNLOADS
from tests.kafka_topics import eventually, records

SECONDS: Final = int(os.environ.get("GATEWAY_SECONDS", "8"))
CONNECTIONS: Final = 64
LEAST, GOAL = 0.45, 0.6
HOST: Final = "downloads.example.org"

AGENT: Final = (
    'pip/24.0 {"ci":null,"cpu":"x86_64","distro":{"id":"bookworm","libc":{"lib":"glibc","version":"2.36"},"name":'
    '"Debian GNU/Linux","version":"12"},"implementation":{"name":"CPython","version":"3.11.2"},"installer":{"name":"pip",'
    '"version":"24.0"},"openssl_version":"OpenSSL 3.0.15 3 Sep 2024","python":"3.11.2","rustc_version":"1.63.0",'
    '"setuptools_version":"66.1.1","system":{"name":"Linux","release":"6.1.0-28-amd64"}}'
)
MANIFEST: Final = """
[[domain]]
host = "downloads.example.org"

[[domain.rule]]
type = "file"
path = "/tool/{version}/{file}"
target = "https://dl.example.org/{version}/{file}"
project = "tool"

[[domain.rule]]
type = "file"
path = "/other/{+path}"
target = "https://dl.example.org/other/{+path}"
project = "other"

[[domain.rule]]
type = "pixel"
path = "/pixel/docs"
id = "docs"

[[domain.rule]]
type = "catch-all"
target = "https://www.example.org"
project = "site"
"""
LUA: Final = """
local paths = { %s }
local requests = {}
local at = 0
init = function(arguments)
  for number, path in ipairs(paths) do requests[number] = wrk.format("GET", path) end
end
request = function()
  at = at %% #requests + 1
  return requests[at]
end
"""
NGINX: Final = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log;
  keepalive_requests 1000000000;
  server {{
    listen 127.0.0.1:{port};
    location / {{ add_header Cache-Control no-store always; return 302 https://dl.example.org$request_uri; }}
  }}
}}
"""


def paths() -> list[str]:
    """What is asked for: 300 files of two routes, and a few other paths, as real ones come."""
    versions = [f"{major}.{minor}.{patch}" for major in range(1, 4) for minor in range(10) for patch in range(5)]
    files = [f"/tool/{version}/tool-{version}-py3-none-any.whl" for version in versions]
    deep = [f"/other/releases/{version}/linux-x86_64/other-{version}.tar.gz" for version in versions]
    return [path for pair in zip(files, deep, strict=True) for path in pair] + [f"/install/{n}.sh" for n in range(20)]


@dataclass(frozen=True, slots=True)
class Run:
    """What wrk saw: answers, answers a second, latency in milliseconds, and what was no 2xx or 3xx.

    `cpu_seconds` is what the server's processes took meanwhile; 0 where nobody looked.
    """

    answers: int
    rate: float
    p50: float
    p99: float
    failed: int
    cpu_seconds: float = 0.0

    @property
    def by_cpu(self) -> float:
        """Answers a second of CPU: what is left of the figure on a machine with neighbours."""
        return self.answers / self.cpu_seconds


def wrk(port: int, folder: Path, *, seconds: int = SECONDS, delay_ms: int = 0) -> Run:
    """Ask for all paths over and over, on the other core; each connection waits `delay_ms` before it asks again."""
    script = folder / "paths.lua"
    delay = f"delay = function() return {delay_ms} end" if delay_ms else ""
    script.write_text(LUA % ", ".join(f'"{path}"' for path in paths()) + delay)
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", str(script)]
    words += ["-H", f"Host: {HOST}", "-H", f"User-Agent: {AGENT}", "-H", "Accept: */*", "-H", "Accept-Encoding: gzip"]
    with core(OTHERS):
        out = subprocess.run([*words, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True).stdout
    answers, rate = re.search(r"(\d+) requests in", out), re.search(r"Requests/sec:\s+([\d.]+)", out)
    assert answers is not None, out
    assert rate is not None, out
    failed = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", out)))
    failed += sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", out)))
    return Run(int(answers[1]), float(rate[1]), _milliseconds(out, "50"), _milliseconds(out, "99"), failed)


def _milliseconds(out: str, share: str) -> float:
    found = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", out)
    assert found is not None, out
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def free_port() -> int:
    return choose_port(given=None, last=None, taken=set(), what="a server", option="-")


def measured(process: psutil.Process, port: int, folder: Path) -> Run:
    """A warm server's run, with what its processes take of the CPU."""
    wrk(port, folder, seconds=1)
    before = _cpu_seconds(process)
    run = wrk(port, folder)
    return replace(run, cpu_seconds=_cpu_seconds(process) - before)


def _cpu_seconds(process: psutil.Process) -> float:
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


@contextmanager
def server(words: list[str], port: int, log: Path, environ: dict[str, str] | None = None) -> Iterator[psutil.Process]:
    """Run a server on the measured core until the block ends, then let it end itself."""
    with core(MEASURED), log.open("wb") as out:
        process = subprocess.Popen(words, env={**os.environ, **(environ or {})}, stdout=out, stderr=out)
    try:
        eventually(lambda: _answers(port), is_right=bool)
        yield psutil.Process(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/pixel/docs", method="POST", data=b"")
        urllib.request.urlopen(asked, timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def gateway_server(settings: KafkaSettings, folder: Path) -> Iterator[tuple[psutil.Process, int]]:
    """Run our own, with its log and its spool in `folder`; gives its process and its port."""
    port = free_port()
    manifest = folder / "gateway.toml"
    manifest.write_text(MANIFEST)
    environ = {
        "HEADCOUNT_KAFKA": settings.bootstrap,
        "HEADCOUNT_KAFKA_TOPIC_PREFIX": settings.topic_prefix,
        "HEADCOUNT_STATE_DIR": str(folder / "gateway-state"),
    }
    words = [sys.executable, "-m", "headcount", "gateway", "--manifest", str(manifest), "--port", str(port)]
    with server([*words, "--host", "127.0.0.1"], port, folder / "gateway.log", environ) as process:
        yield process, port


def gateway(settings: KafkaSettings, folder: Path) -> Run:
    """Our own, with every event on Kafka: at the end they are counted."""
    log = folder / "gateway.log"
    before = count_events(settings)
    with gateway_server(settings, folder) as (process, port):
        run = measured(process, port, folder)
        events = count_events(settings, least=before + run.answers) - before
        answered = int(metric(log, "headcount_gateway_requests_total"))
        assert metric(log, "headcount_dropped_events_total") == 0
    assert events == answered >= run.answers, f"{events} events of {answered} answers"
    return run


def metric(log: Path, name: str) -> float:
    """The sum of one of the gateway's metrics over its labels."""
    url = next(line["metrics"] for line in map(json.loads, log.read_text().splitlines()) if "metrics" in line)
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)))


def count_events(settings: KafkaSettings, *, least: int = 0) -> int:
    """Count the events on the topic once no more arrive; waits a minute for `least`."""

    def count() -> int:
        return sum(
            len(source["requests"]) for _, batch in records(settings, RAW_DOWNLOADS) for source in batch["sources"]
        )

    before, now = -1, eventually(count, is_right=lambda found: found >= least, seconds=60.0)
    while now != before:
        time.sleep(0.5)  # what is under way arrives within a second
        before, now = now, count()
    return now


def nginx(folder: Path) -> Run:
    """The peer: nothing but a 302, and a line in its log."""
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, port=port))
    with server(["nginx", "-p", str(folder), "-c", str(configuration)], port, folder / "nginx.out") as process:
        return measured(process, port, folder)


def peer(which: str, folder: Path) -> Run:
    """What the protocol could have been, without limits, routes and events."""
    port = free_port()
    words = [sys.executable, "-m", "benchmarks.gateway_peers", which, str(port)]
    with server(words, port, folder / f"{which}.log") as process:
        return measured(process, port, folder)


def run() -> list[Figure]:
    """Measure both in turn, twice, so that neither has the better half of a noisy minute; the better run counts."""
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        print(f"(left out: {', '.join(missing)} not installed: apt-get install {' '.join(missing)})", end=" ")
        return []
    with stack() as (servers, folder):
        settings = servers.kafka_settings(servers.fresh_prefix())
        ensure(settings, (RAW_DOWNLOADS,))
        peers, ours = [], []
        for _ in range(2):
            peers.append(nginx(folder))
            ours.append(gateway(settings, folder))
        bare, asgi = peer("bare", folder), peer("asgi", folder)
    best, own = (max(runs, key=lambda one: one.rate) for runs in (peers, ours))
    assert own.failed == 0
    return [
        Figure("nginx, 302 with access log", best.rate, "requests/s"),
        Figure("nginx: p50", best.p50, "ms", lower=True),
        Figure("nginx: p99", best.p99, "ms", lower=True),
        Figure(
            "gateway, real routes, every event on Kafka", own.rate, "requests/s", LEAST * best.rate, GOAL * best.rate
        ),
        Figure("gateway: share of nginx", own.rate / best.rate, "", LEAST, GOAL),
        Figure("gateway: the same, by CPU time", own.by_cpu / best.by_cpu, "", LEAST, GOAL),
        Figure("a bare protocol on httptools, no events: share of nginx by CPU time", bare.by_cpu / best.by_cpu, ""),
        Figure("an ASGI application on uvicorn, no events: share of nginx by CPU time", asgi.by_cpu / best.by_cpu, ""),
        Figure("gateway: p50", own.p50, "ms", lower=True),
        Figure("gateway: p99", own.p99, "ms", lower=True),
    ]
