"""Ports on loopback: the one given, the one used last time, or a free one."""

import random
import socket

from headcount.errors import UnavailableError

HOST = "127.0.0.1"

FREE_RANGE = range(20_000, 32_000)
"""Below the kernel's ephemeral range: a client that keeps dialling a dead server's port inside that range can be
handed the very port as its own, connect to itself, and keep the server from coming back."""


def is_free(port: int) -> bool:
    """Whether a server could listen there now. SO_REUSEADDR as servers set it, so that closed connections do not
    count as taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose_port(*, given: int | None, last: int | None, taken: set[int], what: str, option: str) -> int:
    """The port for `what`, added to `taken`. A given one that is in use is refused and named; the last one is only
    preferred."""
    if given is not None:
        if given in taken or not is_free(given):
            raise UnavailableError(
                f"port {given} for {what} is taken", where=f"{HOST}:{given} ({option})", do="give another port, or none"
            )
        choice = given
    elif last is not None and last not in taken and is_free(last):
        choice = last
    else:
        candidates = random.sample(FREE_RANGE, k=200)
        free = next((port for port in candidates if port not in taken and is_free(port)), None)
        if free is None:
            raise UnavailableError(
                f"no free port for {what}", where=f"{HOST}, {FREE_RANGE}", do=f"free one, or give one with {option}"
            )
        choice = free
    taken.add(choice)
    return choice
