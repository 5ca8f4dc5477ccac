"""Requests to the gateway with a canary in every place that a client controls, and what may be left of each on raw.

Each well-formed request is told from the others by its agent, `canary-run/NUMBER`, or, where the agent is what is spoilt,
by what follows the canary in it.
"""

import base64
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from tests.canaries import CANARIES

MANIFEST: Final = """
[[domain]]
host = "python.example.org"
[[domain.rule]]
type = "python"
target = "{upstream}/simple/"
projects = ["six"]

[[domain]]
host = "all.example.org"
[[domain.rule]]
type = "python"
target = "{upstream}/simple/"
projects = "*"

[[domain]]
host = "away.example.org"
[[domain.rule]]
type = "python"
target = "http://127.0.0.1:9/simple/"
projects = "*"

[[domain]]
host = "npm.example.org"
[[domain.rule]]
type = "npm"
target = "{upstream}"
projects = ["left-pad"]

[[domain]]
host = "crates.example.org"
[[domain.rule]]
type = "cargo"
target = "{upstream}"
download = "{upstream}/crates"
projects = ["itoa"]

[[domain]]
host = "images.example.org"
[[domain.rule]]
type = "docker"
target = "{upstream}"
images = ["pottery/kiln"]

[[domain]]
host = "files.example.org"
[[domain.rule]]
type = "file"
path = "/tool/{{version}}/{{platform}}/{{file}}"
target = "https://upstream.example.org/{{version}}/{{platform}}/{{file}}"
project = "tool"
[[domain.rule]]
type = "file"
path = "/get?tool={{tool}}"
target = "https://upstream.example.org/{{tool}}"
project = "get"
[[domain.rule]]
type = "file"
regex = "/nightly/(?P<version>[^/]+)/n[.]zip"
target = "https://upstream.example.org/{{version}}"
project = "nightly"
[[domain.rule]]
type = "pixel"
path = "/pixel/docs"
id = "docs"
[[domain.rule]]
type = "catch-all"
target = "https://upstream.example.org"
project = "rest"
"""

GOOD: Final = {
    "python.example.org": "/simple/six/",
    "all.example.org": "/simple/six/",
    "away.example.org": "/simple/six/",
    "npm.example.org": "/left-pad/-/left-pad-1.0.0.tgz",
    "crates.example.org": "/itoa/1.0.0/download",
    "images.example.org": "/v2/pottery/kiln/manifests/latest",
    "files.example.org": "/tool/1.0/linux/tool.zip",
}
"""A host of each rule, and a path that it takes."""

FILE: Final = frozenset({"file"})
PATHS: Final = (
    ("python.example.org", "/simple/%s/", ()),
    ("python.example.org", "/%s/", ()),
    ("python.example.org", "/simple/%s", ()),
    ("python.example.org", "/simple/%s/%s-1.0-py3-none-any.whl", ()),
    ("python.example.org", "/simple/six/%s", ()),
    ("python.example.org", "/simple/six/six-1.0.tar.gz.%s", ()),
    ("all.example.org", "/simple/%s/", ()),
    ("all.example.org", "/simple/%s/%s-1.0.tar.gz", ()),
    ("away.example.org", "/simple/%s/", ()),
    ("away.example.org", "/simple/%s/%s-1.0.tar.gz", ()),
    ("npm.example.org", "/%s", ()),
    ("npm.example.org", "/@%s%%2f%s", ()),
    ("npm.example.org", "/%s/-/%s-1.0.0.tgz", ()),
    ("npm.example.org", "/-/v1/%s", ()),
    ("crates.example.org", "/ca/na/%s", ()),
    ("crates.example.org", "/%s/1.0.0/download", ()),
    ("crates.example.org", "/api/v1/crates/%s", ()),
    ("images.example.org", "/v2/%s/manifests/latest", ()),
    ("images.example.org", "/v2/%s/%s/blobs/sha256:%s", ()),
    ("images.example.org", "/v2/pottery/kiln/manifests/%s", ()),
    ("images.example.org", "/v2/pottery/kiln/blobs/%s", ()),
    ("images.example.org", "/v2/pottery/kiln/%s", ()),
    ("files.example.org", "/tool/%s/linux/tool.zip", ()),
    ("files.example.org", "/tool/1.0/%s/tool.zip", ()),
    ("files.example.org", "/tool/1.0/linux/%s", FILE),
    ("files.example.org", "/nightly/%s/n.zip", ()),
    ("files.example.org", "/get?tool=%s", ()),
    ("files.example.org", "/pixel/%s", ()),
    ("files.example.org", "/%s", ()),
    ("files.example.org", "/%s/../%s", ()),
    ("nobody.example.org", "/%s", ()),
)
"""Host, path, and the fields in which the path's text may be found. The name of a file that a rule names is kept."""

HEADERS: Final = (
    "Accept", "Accept-Encoding", "Authorization", "Cookie", "Docker-Client", "Forwarded", "From", "If-Modified-Since",
    "If-None-Match", "Origin", "Proxy-Authorization", "Range", "Referer", "Sec-GPC", "Upgrade", "Via", "X-Api-Key",
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "X-Canary",
)  # fmt: skip
_RAW: Final = "/:@=~+,"
"""What may stand in a path without being encoded."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request's bytes, the canary in it, and the fields of its event that may hold it."""

    sent: bytes
    canary: str
    where: str
    may_hold: frozenset[str] = field(default_factory=frozenset)


_numbers = itertools.count(1)


def _request(
    canary: str,
    where: str,
    host: str,
    target: str,
    *headers: str,
    method: str = "GET",
    may: frozenset[str] = frozenset(),
) -> Asked:
    number = next(_numbers)
    agent = [] if any(each.startswith("User-Agent:") for each in headers) else [f"User-Agent: canary-run/{number}"]
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *agent, *headers, "", ""]
    return Asked("\r\n".join(lines).encode(), canary, f"{number} {where}", may)


def well_formed() -> Iterator[Asked]:
    """Requests that are answered: one place and one canary each, every kind of rule taking its turns."""
    hosts = itertools.cycle(GOOD.items())
    for canary in CANARIES:
        for host, path, may in PATHS:
            for text in {quote(canary, safe=""), quote(canary, safe=_RAW)}:
                yield _request(canary, f"{host}{path}", host, path % ((text,) * path.count("%s")), may=frozenset(may))
        for name in HEADERS:
            host, path = next(hosts)
            yield _request(canary, name, host, path, f"{name}: {canary}")
        yield from _secrets(canary)
        host, path = next(hosts)
        yield _request(
            canary, "agent", host, path, f"User-Agent: spoilt/{next(_numbers)} {canary}", may=frozenset({"agent"})
        )
        yield _request(canary, "address", host, path, f"X-Forwarded-For: {canary}", may=frozenset({"address"}))


def _secrets(canary: str) -> Iterator[Asked]:
    """Credentials, queries and names of hosts, at every kind of rule."""
    basic = base64.b64encode(f"{canary}:{canary}".encode()).decode()
    quoted = quote(canary, safe="")
    for host, path in GOOD.items():
        yield _request(canary, "basic", host, path, f"Authorization: Basic {basic}")
        yield _request(canary, "bearer", host, path, f"Authorization: Bearer {canary}")
        yield _request(canary, "query", host, f"{path}?token={quoted}&{quoted}&{quoted}=1")
        yield _request(canary, "format", host, f"{path}?format={quoted}")
        yield _request(
            canary, "fragment", host, f"{path}%23{quoted}", may=FILE if host == "files.example.org" else frozenset()
        )
        yield _request(canary, "method", host, path, method="POST")
    host, path = "files.example.org", GOOD["files.example.org"]
    yield _request(canary, "range", host, path, f"Range: bytes={canary}")
    yield _request(canary, "unit", host, path, f"Range: {canary}=0-1")
    yield _request(canary, "absolute", host, f"http://files.example.org/pixel/docs?{quoted}")
    yield _request(canary, "host", re.sub(r"[^A-Za-z0-9.:-]", "-", canary), "/")
    yield _request(canary, "opted out", host, f"/tool/1.0/linux/{quoted}", f"Referer: {canary}", "DNT: 1")
    yield _request(canary, "expect", host, path, f"Expect: {canary}")


def malformed() -> Iterator[bytes]:
    """What is no request: cut, too long, or with what no request may have."""
    for canary in CANARIES:
        data = canary.encode()
        yield data + b"\r\n\r\n"
        yield b"GET /" + data + b" HTTP/9.9\r\nHost: " + data + b"\r\n\r\n"
        yield b"GET http://user:" + data + b"@files.example.org/ HTTP/1.1\r\nHost: files.example.org\r\n\r\n"
        yield b"CONNECT " + data + b":443 HTTP/1.1\r\nHost: " + data + b"\r\n\r\n"
        yield b"OPTIONS * HTTP/1.1\r\nHost: " + data + b"\r\nConnection: close\r\n\r\n"
        yield data.replace(b" ", b"-") + b" / HTTP/1.1\r\nHost: files.example.org\r\n\r\n"
        yield b"GET / HTTP/1.1\r\nHost: files.example.org\r\n" + data + b"\r\n\r\n"
        yield b"GET / HTTP/1.1\r\nHost: files.example.org\r\nX: " + data + b"\0\r\n\r\n"
        yield b"GET / HTTP/1.1\r\nHost: files.example.org\r\nHost: " + data + b"\r\n\r\n"
        yield b"GET / HTTP/1.1\r\nHost: files.example.org\r\nContent-Length: " + data + b"\r\n\r\n"
        yield b"GET / HTTP/1.1\r\nHost: files.example.org\r\nTransfer-Encoding: " + data + b"\r\n\r\n"
        yield b"POST / HTTP/1.1\r\nHost: files.example.org\r\nContent-Length: 9999\r\n\r\n" + data
        yield b"GET /" + data * (9000 // len(data)) + b" HTTP/1.1\r\nHost: files.example.org\r\n\r\n"
        yield b"GET / HTTP/1.1\r\nHost: files.example.org\r\nCookie: " + data * (40_000 // len(data)) + b"\r\n\r\n"
        yield b"GET / HTTP/1.1\r\nHost: files.example.org\r\nAuthorization: " + data
        yield b"\xff\xfe" + data + b"\x16\x03\x01"
