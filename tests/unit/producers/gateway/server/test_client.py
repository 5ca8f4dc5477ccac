"""DL8: who asks, with proxies in front and with people who make headers up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.gateway.server.client import Proxies, read_address

PROXIES = Proxies(("198.51.100.0/24", "2001:db8:f::/48"))
EDGE = "198.51.100.1"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:0201", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("_hidden", None),
        ("", None),
        ("192.0.2.256", None),
        ("192.0.2.1, 192.0.2.2", None),
    ],
)
def test_DL8_addresses_as_proxies_write_them(text: str, address: str | None) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.9", b"203.0.113.1", "192.0.2.9"),  # no proxy of ours: its word counts for nothing
        (EDGE, b"203.0.113.1", "203.0.113.1"),
        (EDGE, b"203.0.113.66, 203.0.113.1", "203.0.113.1"),  # the first is what the client made up
        (EDGE, b"203.0.113.1, 198.51.100.7", "203.0.113.1"),
        (EDGE, b"203.0.113.1,198.51.100.7 , 2001:db8:f::3", "203.0.113.1"),
        (EDGE, b"198.51.100.8, 198.51.100.7", "198.51.100.8"),  # a proxy asks on its own behalf
        (EDGE, b"203.0.113.1, nonsense", EDGE),
        (EDGE, b"203.0.113.1, nonsense, 198.51.100.7", "198.51.100.7"),
        (EDGE, b"", EDGE),
        (EDGE, b"::ffff:203.0.113.1", "203.0.113.1"),
        (EDGE, b"2001:db8::1", "2001:db8::1"),
        ("2001:db8:f::1", b"203.0.113.1:5000", "203.0.113.1"),
    ],
)
def test_DL8_the_client_is_the_last_that_is_no_trusted_proxy(peer: str, forwarded: bytes, client: str) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_DL8_without_proxies_nobody_is_believed() -> None:
    assert not Proxies().trusts("127.0.0.1")
    assert Proxies().client("127.0.0.1", b"203.0.113.1") == "127.0.0.1"


@given(st.binary(max_size=200))
def test_DL8_whatever_is_forwarded_an_address_comes_out(forwarded: bytes) -> None:
    assert read_address(PROXIES.client(EDGE, forwarded)) is not None
