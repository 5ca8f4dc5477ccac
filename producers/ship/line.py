"""One line of an access log → what it says of a request. Two formats, told apart line by line: our JSON and `combined`."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from producers.gateway.server.client import read_address
from producers.gateway.server.wire import split_target

NEEDED: Final = ("at", "address", "method", "host", "uri", "status")
_AT: Final = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,9}))?")
_LAST_SECOND: Final = 253_402_300_799
"""Of the year 9999."""

_METHOD: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_STATUS: Final = re.compile(r"[1-9][0-9]{2}")
_SIZE: Final = re.compile(r"[0-9]{1,18}")
NOT_MODIFIED: Final = 304


class LineError(Exception):
    """A line that cannot be read; `field` names what is wrong with it, never its value; empty: it is too long."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Line:
    """A request as a log tells of it: `at` in microseconds since 1970 UTC, `address` the peer's, in its shortest form.

    `host` is null where the format has none. Nothing is decoded but the log's own escapes; the query is only there for
    the routes to look at.
    """

    at: int
    address: str
    method: bytes
    host: bytes | None
    path: bytes
    query: bytes
    status: int
    size: int | None = None
    forwarded: bytes = b""
    range: bytes | None = None
    conditional: bool = False
    agent: bytes | None = None
    opted_out: bool = False


def read_json(text: bytes) -> Line | None:
    """Read a line of our own `log_format`; null where nginx had read no request. Raises LineError."""
    try:
        row = json.loads(text.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise LineError("json") from error
    if not isinstance(row, dict):
        raise LineError("json")
    for name in NEEDED:
        if name not in row:
            raise LineError(name)
    method, target = _bytes(row, "method"), _bytes(row, "uri")
    if not target and (not method or _text(row, "status").startswith(("4", "0"))):
        return None
    conditional = bool(_text(row, "conditional"))
    return request(
        at=micros(_text(row, "at")),
        address=_text(row, "address"),
        method=method,
        host=_bytes(row, "host"),
        target=target,
        status=_text(row, "status"),
        size=_text(row, "bytes"),
        forwarded=_bytes(row, "forwarded"),
        range_=_bytes(row, "range"),
        conditional=conditional,
        agent=_bytes(row, "agent"),
        opted_out=_text(row, "dnt").strip() == "1" or _text(row, "gpc").strip() == "1",
    )


def request(
    *,
    at: int,
    address: str,
    method: bytes,
    host: bytes | None,
    target: bytes,
    status: str,
    size: str,
    forwarded: bytes = b"",
    range_: bytes = b"",
    conditional: bool = False,
    agent: bytes = b"",
    opted_out: bool = False,
) -> Line:
    """Put a line together. Raises LineError, which names the first field that is not what it should be."""
    known = read_address(address)
    if known is None:
        raise LineError("address")
    if _METHOD.fullmatch(method) is None:
        raise LineError("method")
    split = (None, b"*", b"") if target == b"*" or method == b"CONNECT" else split_target(target)
    if split is None or b" " in target:
        raise LineError("uri")
    if _STATUS.fullmatch(status) is None:
        raise LineError("status")
    if size and _SIZE.fullmatch(size) is None:
        raise LineError("bytes")
    own_host, path, query = split
    number = int(status)
    return Line(
        at=at,
        address=known,
        method=method,
        host=own_host or host,
        path=path,
        query=query,
        status=number,
        size=int(size) if size else None,
        forwarded=forwarded,
        range=range_ or None,
        # Only a conditional request is answered so, whatever the log has of its headers.
        conditional=conditional or number == NOT_MODIFIED,
        agent=agent or None,
        opted_out=opted_out,
    )


def micros(text: str) -> int:
    """Read `$msec`: seconds since 1970 with a fraction. Raises LineError."""
    found = _AT.fullmatch(text)
    if found is None or int(found[1]) > _LAST_SECOND:
        raise LineError("at")
    return int(found[1]) * 1_000_000 + int((found[2] or "").ljust(6, "0")[:6])


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise LineError(name)


def _bytes(row: dict[str, Any], name: str) -> bytes:
    text = _text(row, name)
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
