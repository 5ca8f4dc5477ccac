"""A target's query and the request's, put together."""

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.gateway.paths import with_query
from tests.unit.producers.gateway.asking import ask, location, router, rule

DL = "https://dl.example.org"
EXACT = st.text(st.sampled_from("ab/.-+%? &=é\u0001"), max_size=12)


def sent(rules: str, url: str) -> str | None:
    return location(router(rules), url)


@pytest.mark.parametrize(
    ("own", "query", "url"),
    [
        ("", "", ""),
        ("", "a=1", "?a=1"),
        ("?a=1", "", "?a=1"),
        ("?a=1", "a=2", "?a=1"),
        ("?a=1&a=2", "a=3&b=4&b=5", "?a=1&a=2&b=4&b=5"),
        ("?a=1", "%61=2&A=3", "?a=1&A=3"),
        ("", "a=x+y&b=x%20y", "?a=x%20y&b=x%20y"),
        ("", "a&b=&=c", "?a&b=&=c"),
        ("", "&&a=1&&", "?a=1"),
        ("", "&", ""),
        ("", "a=%2B%26%3d", "?a=%2B%26%3D"),
        ("", "a=é\u0001%zz", "?a=%C3%A9%01%25zz"),
        ("", "a=b?c/d", "?a=b?c/d"),
        ("", "a=1#b", "?a=1"),
    ],
)
def test_DL6_queries_are_put_together(own: str, query: str, url: str) -> None:
    rules = rule("file", path="/x", target=f"{DL}/y{own}")
    assert sent(rules, f"/x?{query}") == f"{DL}/y{url}"
    assert sent(rule("catch-all", target=f"{DL}/{own}"), f"/x?{query}") == f"{DL}/x{url}"


def test_DL6_a_query_is_in_no_event() -> None:
    rules = router(rule("file", path="/tool/{v}/{f}", target=f"{DL}/{{v}}") + rule("catch-all", target=DL))
    for path in ("/tool/1.0/x", "/other"):
        assert "s3cr3t" not in repr(ask(rules, f"{path}?token=s3cr3t").about)


@given(st.lists(st.tuples(st.sampled_from("abc"), EXACT), max_size=6))
def test_DL6_pairs_keep_their_order_and_their_values(given_pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in given_pairs).encode()
    url = with_query(b"u", [(b"a", b"a=0")], query)
    found = [tuple(pair.split(b"=")) for pair in url.partition(b"?")[2].split(b"&")]
    decoded = [(key.decode(), unquote_to_bytes(value).decode()) for key, value in found]
    assert decoded == [("a", "0"), *((key, value) for key, value in given_pairs if key != "a")]
