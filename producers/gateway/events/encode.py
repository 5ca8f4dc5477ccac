"""Answered requests → events grouped by source, encoded: what a source's requests have in common is encoded once.

This runs for every request, so requests are tuples here, and what follows an event's time is remembered: many ask for one
file, and only the time differs. Nothing that tells of a client is remembered.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, NamedTuple

from producers.gateway.answer import About, RuleType
from producers.gateway.invented import Invented
from producers.publisher import Group
from schemas.encoder import compile_encoder, encode_long
from schemas.registry import newest
from schemas.topics import RAW_DOWNLOADS

AGENT_BYTES: Final = 4096
RANGE_CHARACTERS: Final = 200
METHODS: Final = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
OPTED_OUT: Final = "opted_out"

_RANGE: Final = re.compile(r"bytes=[0-9, \t-]*", re.IGNORECASE)

_DAY_MICROS: Final = 86_400_000_000
_REMEMBERED: Final = 10_000


class Answered(NamedTuple):
    """One answered request: `at` in microseconds since 1970 UTC, `size` the bytes of the body that were sent.

    `address` and `agent` are the client's; with `opted_out` nothing of it but the day of `at` is used.
    """

    at: int
    address: str
    agent: bytes | None
    about: About
    method: bytes
    status: int
    range: bytes | None = None
    conditional: bool = False
    size: int | None = None
    opted_out: bool = False


class _Times(dict[int, bytes]):
    """What follows the two lowest bytes of an encoded time: it changes every eight milliseconds."""

    def __missing__(self, high: int) -> bytes:
        if len(self) > 1000:
            self.clear()
        # Encoded as a zigzag number already: `encode_long` would double it.
        known = self[high] = encode_long(high >> 1) if high % 2 == 0 else encode_long(-(high >> 1) - 1)
        return known


_LOW: Final = tuple(bytes(((low & 0x7F) | 0x80, (low >> 7) | 0x80)) for low in range(1 << 14))


class Encoder:
    """Encodes events of the raw downloads topic. Not thread-safe: one a thread."""

    def __init__(self) -> None:
        self._tails: dict[tuple[Any, ...], bytes] = {}
        self._times = _Times()
        self._write = _tail_encoder()
        self._invented = Invented()
        self._day = 0

    def groups(self, answered: Iterable[Answered]) -> list[Group]:
        """Encode and group, each source's requests in their order."""
        by_source: dict[tuple[str | None, bytes | None], list[bytes]] = {}
        day = self._day
        for one in answered:
            at, address, agent, about, method, status, range_, conditional, size, opted_out = one
            if opted_out:
                source: tuple[str | None, bytes | None] = (None, None)
                event = self._time(at - at % _DAY_MICROS) + self._nothing()
            else:
                if at // _DAY_MICROS != day:
                    day = self._day = at // _DAY_MICROS
                    self._tails.clear()  # what was invented counts by the day
                source = (address, agent)
                key = (about, method, status, conditional, size)
                tail = self._tails.get(key) if range_ is None else self._tail(*key[:3], range_, *key[3:])
                if tail is None:
                    tail = self._tail(about, method, status, None, conditional, size)
                    self._remember(key, tail)
                event = self._time(at) + tail
            events = by_source.get(source)
            if events is None:
                by_source[source] = [event]
            else:
                events.append(event)
        return [_group(address, agent, events) for (address, agent), events in by_source.items()]

    def _time(self, at: int) -> bytes:
        zigzag = at << 1
        return _LOW[zigzag & 0x3FFF] + self._times[zigzag >> 14]

    def _remember(self, key: tuple[Any, ...], tail: bytes) -> None:
        if len(self._tails) >= _REMEMBERED:
            self._tails.clear()
        self._tails[key] = tail

    def _tail(
        self, about: About, method: bytes, status: int, range_: bytes | None, conditional: bool, size: int | None
    ) -> bytes:
        named = about.counted
        about = self._invented.about(about, self._day)
        return self._write(
            {
                "rule": about.rule.value,
                "kind": about.kind.value,
                "project": _text(about.project) if named else None,
                "version": _text(about.version) if named else None,
                "platform": _text(about.platform) if named else None,
                "file": _text(about.file) if named else None,
                "method": METHODS.get(method, "other"),
                "status": status,
                "range": None if range_ is None else _range(range_),
                "conditional": conditional,
                "bytes": size,
            }
        )

    def _nothing(self) -> bytes:
        key = (OPTED_OUT,)
        if key not in self._tails:
            nothing = dict.fromkeys(("project", "version", "platform", "file", "method", "status", "range", "bytes"))
            tail = self._write({"rule": RuleType.NONE.value, "kind": OPTED_OUT, "conditional": False, **nothing})
            self._remember(key, tail)
        return self._tails[key]


@cache
def _request_schema() -> dict[str, Any]:
    source = newest(RAW_DOWNLOADS.subject).schema["fields"][-1]["type"]["items"]
    request: dict[str, Any] = source["fields"][-1]["type"]["items"]
    return request


def _tail_encoder() -> Callable[[Any], bytes]:
    schema = _request_schema()
    return compile_encoder({**schema, "fields": schema["fields"][1:]}, remembered=_REMEMBERED)


def _range(value: bytes) -> str | None:
    """Give a range of bytes as it came. Anything else servers ignore (RFC 9110, 14.2), and it may be anybody's secret."""
    text = value.decode("latin-1")[:RANGE_CHARACTERS]
    return text if _RANGE.fullmatch(text) else None


def _text(text: str | None) -> str | None:
    # A path is any bytes, so that what was read of it may hold lone surrogates.
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")


def _group(address: str | None, agent: bytes | None, events: list[bytes]) -> Group:
    text = None if agent is None else agent[:AGENT_BYTES].decode("utf-8", "replace")
    return Group(f"{address}\n{text}", _optional(address) + _optional(text), events)


def _optional(text: str | None) -> bytes:
    if text is None:
        return b"\x00"
    data = text.encode("utf-8")
    return b"\x02" + encode_long(len(data)) + data
