"""Lines of both formats and what they become (DL33)."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headcount.errors import HeadcountError
from producers.gateway.events.encode import Answered
from producers.gateway.manifest import read_manifest
from producers.gateway.server.client import Proxies
from producers.ship.events import Events, read_line
from producers.ship.line import NEEDED, LineError
from tests.unit.producers.ship.log_of import json_line

MANIFEST = """
[[domain]]
host = "downloads.example.org"
[[domain.rule]]
type = "file"
path = "/tool/{version}/{file}"
target = "https://dl.example.org/{version}/{file}"
project = "tool"

[[domain]]
host = "python.example.org"
[[domain.rule]]
type = "python"
target = "https://upstream.example.org/simple/"
projects = ["your-package"]

[[domain]]
host = "all.example.org"
[[domain.rule]]
type = "python"
target = "https://upstream.example.org/simple/"
projects = "*"

[[domain]]
host = "npm.example.org"
[[domain.rule]]
type = "npm"
target = "https://npm.upstream.example.org"
"""
COMBINED = '198.51.100.7 - %s [24/Nov/2026:13:00:00 +0100] "%s" %s %s "https://canary.example.org/" "%s"'


def combined(
    user: str = "-",
    asked: str = "GET /tool/1.0/tool-1.0.tar.gz HTTP/1.1",
    status: str = "302",
    size: str = "138",
    agent: str = "pip/24.0",
) -> bytes:
    return (COMBINED % (user, asked, status, size, agent)).encode("latin-1")


def events(*proxies: str, host: str | None = None, manifest: str = MANIFEST) -> Events:
    return Events(read_manifest(manifest, "gateway.toml"), proxies=Proxies(proxies), host=host)


def answered(line: bytes, *proxies: str, host: str | None = None) -> Answered:
    read = read_line(line)
    assert read is not None
    return events(*proxies, host=host).answered(read)


def field_of(line: bytes) -> str:
    with pytest.raises(LineError) as error:
        read_line(line)
    return error.value.field


def named(host: str, uri: str, status: str, method: str = "GET") -> tuple[Any, ...]:
    about = answered(json_line(host=host, uri=uri, status=status, method=method)).about
    return (about.rule.value, about.kind.value, about.project, about.version, about.file)


def test_DL33_our_own_format() -> None:
    event = answered(json_line(uri="/tool/1.0/tool-1.0.tar.gz?token=canary", bytes="138"))
    assert (event.at, event.address, event.agent) == (1_795_521_600_123_000, "198.51.100.7", b"pip/24.0")
    assert (event.method, event.status, event.range, event.conditional, event.size) == (b"GET", 302, None, False, 138)
    assert event.about.file == "tool-1.0.tar.gz"
    assert "canary" not in repr(event)
    assert not event.opted_out


def test_DL33_combined_and_its_zone() -> None:
    event = answered(combined(user="canary user"), host="downloads.example.org")
    assert event.at == 1_795_521_600_000_000
    assert (event.address, event.agent, event.status, event.size) == ("198.51.100.7", b"pip/24.0", 302, 138)
    assert event.about.project == "tool"
    assert "canary" not in repr(event)
    odd = read_line(combined(agent=r"a \x22b\x22 \x5C caf\xC3\xA9", size="-"))
    assert odd is not None
    assert (odd.agent, odd.size) == (b'a "b" \\ caf\xc3\xa9', None)
    assert answered(combined(agent="-"), host="x").agent is None
    assert read_line(combined() + b"\r\n") == read_line(combined())


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("31/Dec/2026:23:59:59 -0130", 1_798_766_999_000_000),
        ("29/Feb/2024:00:00:00 +0000", 1_709_164_800_000_000),
        ("31/Dec/2016:23:59:60 +0000", 1_483_228_799_000_000),
    ],
)
def test_DL33_times_of_combined(text: str, micros: int) -> None:
    read = read_line(combined().replace(b"24/Nov/2026:13:00:00 +0100", text.encode()))
    assert read is not None
    assert read.at == micros


@pytest.mark.parametrize(
    "text",
    ["30/Feb/2026:00:00:00 +0000", "24/NOV/2026:13:00:00 +0100", "24/Nov/2026:24:00:00 +0100", "2026-11-24T13:00:00Z",
     "24/Nov/1969:13:00:00 +0000", "24/Nov/2026:13:00:00 +9900"],
)  # fmt: skip
def test_DL33_times_that_are_none(text: str) -> None:
    assert field_of(combined().replace(b"24/Nov/2026:13:00:00 +0100", text.encode())) == "at"


def test_DL33_headers_that_are_empty_were_not_there() -> None:
    event = answered(json_line(agent="", range="", conditional="", bytes=""))
    assert (event.agent, event.range, event.conditional, event.size) == (None, None, False, None)
    event = answered(json_line(range="bytes=0-99", conditional='"etag"'))
    assert (event.range, event.conditional) == (b"bytes=0-99", True)
    assert answered(json_line(status="304")).conditional
    least = dict.fromkeys(("bytes", "range", "conditional", "agent", "dnt", "gpc", "forwarded"))
    assert answered(json_line(**least)).agent is None
    assert answered(json_line(status=302, at=1795521600.5, bytes=7)).at == 1_795_521_600_500_000


@pytest.mark.parametrize("status", ["200", "206", "301", "302", "303", "307", "308"])
def test_DL33_what_was_served_is_named_whatever_the_status(status: str) -> None:
    file = "your_package-1.0-py3-none-any.whl"
    wanted = ("python", "file", "your-package", None, file)
    assert named("python.example.org", f"/simple/your-package/{file}", status) == wanted
    assert named("python.example.org", f"/your-package/{file}?x=y", status) == wanted
    assert named("python.example.org", f"/simple/your-package/{file}.metadata", status)[1] == "metadata"
    assert named("python.example.org", "/simple/your-package/", status) == (
        "python", "index", "your-package", None, None,
    )  # fmt: skip


def test_DL33_names_that_nobody_serves_are_in_no_event() -> None:
    for status in ("200", "302", "404"):
        for uri in ("/simple/secret-thing/", "/simple/secret-thing/secret_thing-1.0.tar.gz", "/simple/secret-thing"):
            assert "secret" not in repr(answered(json_line(host="python.example.org", uri=uri, status=status)))
    # With "*" a redirect says nothing: nginx redirects any name. A page that was served does.
    uri = "/simple/some-name/"
    assert [named("all.example.org", uri, status)[2] for status in ("200", "304", "302", "404", "503")] == [
        "some-name", "some-name", None, None, None,
    ]  # fmt: skip
    assert [named("npm.example.org", "/some-name", status)[2] for status in ("200", "302", "404")] == [
        "some-name", None, None,
    ]  # fmt: skip
    # A file that was only asked for by name.
    assert named("python.example.org", "/simple/your-package/hello-jane-doe", "302")[4] is None
    assert named("python.example.org", "/simple/your-package/other-1.0.tar.gz", "302")[4] is None
    assert named("python.example.org", "/simple/your-package/your_package-1.0.tar.gz", "404")[4] is None


def test_DL33_hosts_that_the_manifest_lacks_and_paths_that_nothing_takes() -> None:
    assert named("other.example.org", "/tool/1.0/x.zip", "302") == ("none", "other", None, None, None)
    assert named("downloads.example.org", "/else", "200")[:3] == ("none", "other", None)
    assert named("", "/tool/1.0/x.zip", "400")[:3] == ("none", "other", None)
    assert named("DOWNLOADS.example.org.:8080", "/tool/1.0/x.zip", "302")[2] == "tool"
    assert named("x", "http://downloads.example.org/tool/1.0/x.zip", "302")[2] == "tool"
    assert named("downloads.example.org", "*", "405", "OPTIONS")[0] == "none"
    assert named("downloads.example.org", "/tool/1.0/x.zip", "405", "PUT")[2:] == (None, None, None)


def test_DL33_forwarded_addresses_are_believed_of_trusted_proxies_only() -> None:
    line = json_line(address="192.0.2.1", forwarded="203.0.113.5, 198.51.100.9, 192.0.2.7")
    assert answered(line).address == "192.0.2.1"
    assert answered(line, "192.0.2.0/24").address == "198.51.100.9"
    assert answered(line, "192.0.2.0/24", "198.51.100.0/24").address == "203.0.113.5"
    assert answered(json_line(address="::ffff:192.0.2.1")).address == "192.0.2.1"
    assert answered(json_line(address="2001:DB8:0:0::1")).address == "2001:db8::1"


@pytest.mark.parametrize(("dnt", "gpc", "out"), [("1", "", True), ("", "1", True), ("0", "", False), ("", "0", False)])
def test_DL33_who_opted_out(dnt: str, gpc: str, out: bool) -> None:
    assert answered(json_line(dnt=dnt, gpc=gpc)).opted_out is out


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"", "line"),
        (b"hello", "line"),
        (b"{", "json"),
        (b"{" * 60_000, "json"),
        (json_line()[:-20], "json"),
        (b"[1]", "line"),
        *((json_line(**{name: None}), name) for name in ("at", "address", "method", "host", "uri", "status")),
        (json_line(at="yesterday"), "at"),
        (json_line(at="-1"), "at"),
        (json_line(at="999999999999.0"), "at"),
        (json_line(at="1" * 400), "at"),
        (json_line(address="unknown"), "address"),
        (json_line(address="192.0.2.300"), "address"),
        (json_line(method="GET\tx"), "method"),
        (json_line(uri="no/path"), "uri"),
        (json_line(uri="/a b"), "uri"),
        (json_line(status="ok"), "status"),
        (json_line(status="٣٠٢"), "status"),
        (json_line(bytes="-5"), "bytes"),
        (json_line(agent=["a"]), "agent"),
        (json_line(host={"a": 1}), "host"),
        (json_line(status=True), "status"),
        (combined()[:-1], "line"),
        (combined() + b" more", "line"),
        (combined(status="20"), "line"),
        (combined(asked="GET", status="200"), "request"),
    ],
)
def test_DL33_a_broken_line_names_the_field(line: bytes, field: str) -> None:
    assert field_of(line) == field


@pytest.mark.parametrize(
    "line",
    [
        combined(asked=r"\x16\x03\x01\x02", status="400"),
        combined(asked="", status="400"),
        combined(asked="-", status="408", agent="-"),
        combined(asked="GET /old", status="400"),
        json_line(method="", uri="", host="", status="400"),
    ],
)
def test_DL33_where_nginx_read_no_request_there_is_no_event(line: bytes) -> None:
    assert read_line(line) is None


def test_DL33_bytes_that_are_no_utf8_and_escapes_of_nginx() -> None:
    raw = json_line().replace(b"pip/24.0", b'caf\xe9 \\"q\\" \\\\ \\u0001 \xe2\x82\xac')
    assert answered(raw).agent == b'caf\xe9 "q" \\ \x01 \xe2\x82\xac'
    assert answered(json_line().replace(b"pip/24.0", b"\\ud800")).agent == b"?"


def test_DL33_combined_needs_a_host_where_there_are_several() -> None:
    line = read_line(combined())
    assert line is not None
    with pytest.raises(HeadcountError, match="does not say of which host"):
        events().answered(line)
    one = MANIFEST.partition('[[domain]]\nhost = "python')[0]
    assert events(manifest=one).answered(line).about.project == "tool"


OTHERS = {"forwarded", "range", "conditional", "agent", "dnt", "gpc"}


def outcome(text: bytes) -> str:
    try:
        return "no request" if read_line(text) is None else "a line"
    except LineError as error:
        return error.field


@given(st.binary(max_size=300))
@example(b'{"at":NaN}')
@example(b'{"at":"1","address":"::1","method":"GET","host":"h","uri":"//","status":"200"}')
def test_DL33_any_bytes_are_a_line_or_say_what_is_wrong(data: bytes) -> None:
    for text in (data, b"{" + data, json_line().replace(b"198.51.100.7", data), combined().replace(b"pip", data)):
        assert outcome(text) in {"a line", "no request", "json", "line", "request", "bytes", *NEEDED} | OTHERS


@given(st.text(max_size=50), st.text(max_size=50), st.sampled_from(("GET", "HEAD", "X")), st.integers(100, 599))
def test_DL33_any_path_and_agent_has_an_event(uri: str, agent: str, method: str, status: int) -> None:
    for host in ("downloads", "python", "all", "npm"):
        line = json_line(uri=f"/{uri}".replace(" ", ""), agent=agent, method=method, status=str(status),
                         host=f"{host}.example.org")  # fmt: skip
        assert answered(line).status == status
