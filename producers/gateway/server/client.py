"""Who asks: the peer, or what a trusted proxy says of it (DL8)."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

_HOPS: Final = 32
"""Addresses of a forwarded header that are looked at: more proxies than that nobody has."""


class Proxies:
    """The networks whose forwarded headers are believed. Raises ValueError for a text that is no network."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(each) for each in networks)

    def trusts(self, address: str) -> bool:
        """Say whether an address is a trusted proxy's."""
        if not self._networks:
            return False
        known = ip_address(address)
        return any(known in network for network in self._networks)

    def client(self, peer: str, forwarded: bytes) -> str:
        """Give the last address of `X-Forwarded-For` that is no trusted proxy, where `peer` is one.

        What is left of an entry that is no address is not believed; where all are proxies, the first one asked.
        """
        client = peer
        for entry in reversed(forwarded.split(b",")[-_HOPS:]):
            if not self.trusts(client):
                return client
            address = read_address(entry.decode("latin-1"))
            if address is None:
                return client
            client = address
        return client


def read_address(text: str) -> str | None:
    """Read an address as proxies write it: with a port, brackets, quotes or a zone; an IPv4 one mapped into IPv6 is IPv4.

    Null where it is none. The result is in its shortest form, so that equal addresses are equal texts.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
