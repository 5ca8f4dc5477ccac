"""Paths and queries as bytes: one normal form to match against, tricks found, queries put together (DL5-DL7).

Normal form (RFC 3986, 6.2.2): unreserved characters stand for themselves, all else that is encoded has upper-case hex
digits, bytes that may stand in no path are encoded. Reserved characters keep the form that they came in, so `%2F` stays.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

Pair = tuple[bytes, bytes]
"""A query's key, decoded, and the whole pair as it will be sent."""

_UNRESERVED: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_RESERVED: Final = b":/?#[]@!$&'()*+,;="
_TRIPLET: Final = re.compile(rb"%([0-9A-Fa-f]{2})|%")
_UNFIT: Final = re.compile(rb"[^%s]" % re.escape(_UNRESERVED + _RESERVED + b"%"))
_NEVER: Final = re.compile(rb"[\x00-\x20\x22<>\\^`{|}\x7f-\xff]")
_PLAIN: Final = re.compile(rb"[A-Za-z0-9._~-]*")
_SIMPLE_PATH: Final = re.compile(rb"(?:/[A-Za-z0-9_~@:!$&'()*+,;=-]+(?:\.[A-Za-z0-9_~@:!$&'()*+,;=-]+)*)+/?|/")
_TRICK: Final = re.compile(rb"(?:^|[/\\])\.\.?(?:;[^/\\]*)?(?:[/\\?#]|$)|\0")
_ENCODED: Final = tuple(b"%%%02X" % byte for byte in range(256))
_DECODINGS: Final = 3
"""So deep is `%252e` looked into: some servers decode twice."""


def normal(text: bytes) -> bytes:
    """Give a path, or a part of one, in its normal form. A `%` before no two hex digits becomes `%25`."""
    if b"%" in text:
        text = _TRIPLET.sub(_triplet, text)
    return _UNFIT.sub(_one, text)


def _triplet(found: re.Match[bytes]) -> bytes:
    digits = found.group(1)
    if digits is None:
        return b"%25"
    byte = int(digits, 16)
    return bytes((byte,)) if byte in _UNRESERVED else _ENCODED[byte]


def _one(found: re.Match[bytes]) -> bytes:
    return _ENCODED[found.group()[0]]


def fit(text: bytes) -> bytes:
    """Encode what no URL may hold, and leave all else as it came: somebody may have signed it."""
    return _NEVER.sub(_one, text)


def is_simple(path: bytes) -> bool:
    """Tell whether a path is in normal form and holds no trick, as nearly all are: one look instead of several."""
    return _SIMPLE_PATH.fullmatch(path) is not None


def is_trick(path: bytes) -> bool:
    """Tell whether a path climbs (`..` as a segment, encoded or not, `/` or `\\`), stands still (`.`) or holds a NUL."""
    for _ in range(_DECODINGS):
        if _TRICK.search(path):
            return True
        if b"%" not in path:
            return False
        path = unquote_to_bytes(path)
    return bool(_TRICK.search(path))


def is_plain(text: bytes) -> bool:
    """Tell whether a text is of unreserved characters only, and so its own encoded form."""
    return _PLAIN.fullmatch(text) is not None


def encode(text: bytes) -> bytes:
    """Encode all but unreserved characters (RFC 6570, `{x}`)."""
    return (
        text
        if is_plain(text)
        else b"".join(_ENCODED[byte] if byte not in _UNRESERVED else b"%c" % byte for byte in text)
    )


def decode(text: bytes) -> bytes:
    """Undo percent-encoding, once."""
    return unquote_to_bytes(text) if b"%" in text else text


def text_of(part: bytes) -> str:
    """Give a part of a path as text, decoded; what is no UTF-8 is replaced."""
    return decode(part).decode("utf-8", "replace")


def pairs(query: bytes) -> list[Pair]:
    """Split a query. Order and repeats are kept, empty pieces are not; a blank is `%20` however it was written."""
    found = []
    for piece in query.partition(b"#")[0].split(b"&"):
        if piece:
            sent = normal(piece.replace(b"+", b"%20"))
            found.append((decode(sent.partition(b"=")[0]), sent))
    return found


def own_pairs(query: bytes) -> list[Pair]:
    """Split the query of an upstream's own URL, which goes on as it came."""
    return [(decode(piece.partition(b"=")[0]), fit(piece)) for piece in query.split(b"&") if piece]


def with_query(url: bytes, own: Iterable[Pair], query: bytes) -> bytes:
    """Put a target's own pairs behind its URL, then those of the request whose key the target has not (DL6)."""
    sent = list(own)
    if query:
        keys = {key for key, _ in sent}
        sent.extend(pair for pair in pairs(query) if pair[0] not in keys)
    return url + b"?" + b"&".join(pair for _, pair in sent) if sent else url
