"""Listening sockets: IPv4 and IPv6 alike, one port for all."""

import socket
from collections.abc import Sequence
from typing import Final

from headcount.errors import UnavailableError

BACKLOG: Final = 2048
LOOPBACK: Final = ("127.0.0.1", "::1")


def listen(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Listen on each host (`::` takes IPv4 as well) and one port; 0 takes a free one. Raises UnavailableError.

    Of the default hosts one that this machine does not have is left out.
    """
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            made = _listen(host, port, may_lack=tuple(hosts) == LOOPBACK)
            if made is not None:
                sockets.append(made)
                port = made.getsockname()[1]
    except OSError as error:
        for each in sockets:
            each.close()
        raise UnavailableError(
            f"nothing can listen there: {error.strerror or error}",
            where=f"{host}, port {port}",
            do="give another --port (0 takes a free one) or --host, or stop what listens there",
        ) from error
    return sockets


def _listen(host: str, port: int, *, may_lack: bool) -> socket.socket | None:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    if may_lack and family == socket.AF_INET6 and not _has_ipv6():
        return None
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        made.bind(address)
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
