"""Does it answer? Questions to a port or a URL that cost a few milliseconds and need no client library."""

import http.client
import socket
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Callable

POLL_SECONDS = 0.02
ANSWER_SECONDS = 2.0

API_VERSIONS_REQUEST = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""Length, API key (ApiVersions), its version 0, correlation id, no client id: https://kafka.apache.org/protocol"""


def kafka_answers(host: str, port: int) -> bool:
    """Whether a broker answers there. A broker opens its port to requests only once its controller has let it in."""
    try:
        with socket.create_connection((host, port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(API_VERSIONS_REQUEST)
            answer = connection.recv(10)
    except OSError:
        return False
    # Length, correlation id, error code 0.
    return len(answer) == 10 and answer[4:] == b"\x00\x00\x00\x01\x00\x00"


def http_status(url: str) -> tuple[int, str]:
    """Status and the start of the body; (0, why) where nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
            return answer.status, answer.read(2000).decode(errors="replace").strip()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)


def wait_until(is_true: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again, until it is true (True) or the time is over (False)."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
