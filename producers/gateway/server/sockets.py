"""Listening sockets: IPv4 and IPv6 alike, one port for all."""

import socket
from collections.abc import Callable, Sequence
from typing import Any, Final

from headcount.errors import UnavailableError

BACKLOG: Final = 2048
LOOPBACK: Final = ("127.0.0.1", "::1")


def listen(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Listen on each host (`::` takes IPv4 as well) and one port; 0 takes a free one. Raises UnavailableError.

    Of the default hosts one that this machine does not have is left out.
    """
    return _all(hosts, port, lambda family, host, address: _bound(family, host, address, listens=True))


def reserve(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Hold a port for workers that listen on it themselves, with `join`. Raises UnavailableError, also if it is in use."""

    def make(family: int, host: str, address: Any) -> socket.socket:
        # Sharing would let a second gateway take the port of the first without a word.
        with _bound(family, host, address, listens=True) as trial:
            address = trial.getsockname()
        return _bound(family, host, address, is_shared=True)

    return _all(hosts, port, make)


def join(host: str, port: int) -> socket.socket:
    """Listen on a port that is reserved: the kernel spreads connections evenly over all who do.

    One socket for all would not: whoever wakes first takes all that wait.
    """
    family, address = _resolved(host, port)
    return _bound(family, host, address, listens=True, is_shared=True)


def _all(hosts: Sequence[str], port: int, make: Callable[[int, str, Any], socket.socket]) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            family, address = _resolved(host, port)
            if tuple(hosts) == LOOPBACK and family == socket.AF_INET6 and not _has_ipv6():
                continue
            sockets.append(make(family, host, address))
            port = sockets[-1].getsockname()[1]
    except OSError as error:
        for each in sockets:
            each.close()
        raise UnavailableError(
            f"nothing can listen there: {error.strerror or error}",
            where=f"{host}, port {port}",
            do="give another --port (0 takes a free one) or --host, or stop what listens there",
        ) from error
    return sockets


def _resolved(host: str, port: int) -> tuple[int, Any]:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return family, address


def _bound(family: int, host: str, address: Any, *, listens: bool = False, is_shared: bool = False) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        made.bind(address)
        if listens:
            made.listen(BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def _has_ipv6() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError:
        return False
    return True


def urls(sockets: Sequence[socket.socket], scheme: str) -> list[str]:
    """Say where they listen."""
    names = [each.getsockname()[:2] for each in sockets]
    return [f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}" for host, port in names]
