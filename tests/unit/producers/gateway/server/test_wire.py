"""Targets, names and heads as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.gateway.server.wire import Names, head, split_target


@pytest.mark.parametrize(
    ("target", "split"),
    [
        (b"/", (None, b"/", b"")),
        (b"/a/b?c=d", (None, b"/a/b", b"c=d")),
        (b"/a?b?c", (None, b"/a", b"b?c")),
        (b"/a?", (None, b"/a", b"")),
        (b"/a#b?c", (None, b"/a", b"")),
        (b"//double//", (None, b"//double//", b"")),
        (b"/%2F/%00\xff", (None, b"/%2F/%00\xff", b"")),
        (b"http://h.example.org/a?b", (b"h.example.org", b"/a", b"b")),
        (b"HTTPS://h.example.org:443?b", (b"h.example.org:443", b"/", b"b")),
        (b"http://h.example.org", (b"h.example.org", b"/", b"")),
        (b"http:///a", None),
        (b"http://user:word@h.example.org/", None),
        (b"ftp://h.example.org/", None),
        (b"h.example.org:443", None),
        (b"a/b", None),
        (b"", None),
    ],
)
def test_DL7_targets(target: bytes, split: tuple[bytes | None, bytes, bytes] | None) -> None:
    assert split_target(target) == split


@given(st.binary(max_size=60))
def test_DL7_any_target_is_split_or_refused(target: bytes) -> None:
    split = split_target(target)
    assert split is None or split[1].startswith(b"/")


def test_DL9_names_are_kept_that_are_wanted_and_no_other() -> None:
    names = Names()
    assert names[b"User-Agent"] == names[b"uSER-aGENT"] == b"user-agent"
    assert [names[each] for each in (b"Cookie", b"Referer", b"Connection", b"X-Whatever")] == [None] * 4
    for number in range(5000):
        assert names[b"X-%d" % number] is None
    assert len(names) <= 1000


@pytest.mark.parametrize("value", [b"a\r\nSet-Cookie: x", b"a\nb", b"a\rb", b"a\0b"])
def test_DL7_a_header_that_would_break_out_of_its_line_is_never_written(value: bytes) -> None:
    with pytest.raises(ValueError, match="line end"):
        head(302, ((b"Location", value),), 0, b"date", b"")


def test_a_head() -> None:
    assert head(302, ((b"Location", b"/x"),), 0, b"D", b"Connection: close\r\n") == (
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nDate: D\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    assert head(304, (), None, b"D", b"") == b"HTTP/1.1 304 Not Modified\r\nDate: D\r\n\r\n"
    assert head(299, (), None, b"D", b"").startswith(b"HTTP/1.1 299 \r\n")
