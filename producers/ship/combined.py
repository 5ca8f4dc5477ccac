"""nginx's own `combined` format. It has no host, no Range, no forwarded address, and does not say who opted out."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from producers.ship.line import Line, LineError, request

_QUOTED: Final = rb'"((?:[^"\\]|\\.)*)"'
_LINE: Final = re.compile(
    rb"([^ ]+) - [^\"]* \[([^\]\"]{20,40})\] " + _QUOTED + rb" ([0-9]{3}) ([0-9]+|-) " + _QUOTED + b" " + _QUOTED
)
"""nginx writes a `"` within a field as \\x22, so the first one begins the request."""

_TIME: Final = re.compile(
    r"([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"
)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([\"\\]))")
_NOTHING: Final = b"-"


def read_combined(text: bytes) -> Line | None:
    """Read a line; null where nginx had read no request. Raises LineError."""
    found = _LINE.fullmatch(text)
    if found is None:
        raise LineError("line")
    address, time, asked, status, size, _, agent = found.groups()
    words = unescape(asked).split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        if status.startswith(b"4"):
            return None  # a handshake on a plain port, a scan: nothing that the gateway would tell of either
        raise LineError("request")
    return request(
        at=micros(time.decode("latin-1")),
        address=address.decode("latin-1"),
        method=words[0],
        host=None,
        target=words[1],
        status=status.decode(),
        size="" if size == _NOTHING else size.decode(),
        agent=b"" if agent == _NOTHING else unescape(agent),
    )


def unescape(text: bytes) -> bytes:
    """Undo nginx's `\\xHH`."""
    return _ESCAPE.sub(_one, text) if b"\\" in text else text


def _one(found: re.Match[bytes]) -> bytes:
    digits, itself = found.groups()
    return itself if digits is None else bytes((int(digits, 16),))


@lru_cache(maxsize=1024)
def micros(text: str) -> int:
    """Read `24/Nov/2026:13:00:00 +0100` → microseconds since 1970 UTC. Raises LineError."""
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise LineError("at")
    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    ahead = timedelta(hours=int(found[8]), minutes=int(found[9]))
    try:
        zone = timezone(ahead if found[7] == "+" else -ahead)
        # 23:59:60 is a second that is there now and then.
        at = datetime(year, _MONTHS.index(found[2]) + 1, day, hour, minute, min(second, 59), tzinfo=zone)
        seconds = (at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError) as error:
        raise LineError("at") from error
    if second > 60 or seconds < 0:
        raise LineError("at")
    return int(seconds) * 1_000_000
