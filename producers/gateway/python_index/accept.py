"""Which representation of an index a client wants (DL15, PEP 691)."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from producers.gateway.paths import decode


class MediaType(StrEnum):
    """The representations that there are, in the order in which a tie is broken."""

    HTML = "text/html"
    V1_HTML = "application/vnd.pypi.simple.v1+html"
    V1_JSON = "application/vnd.pypi.simple.v1+json"


_NAMES: Final = {
    "text/html": MediaType.HTML,
    "application/vnd.pypi.simple.v1+html": MediaType.V1_HTML,
    "application/vnd.pypi.simple.latest+html": MediaType.V1_HTML,
    "application/vnd.pypi.simple.v1+json": MediaType.V1_JSON,
    "application/vnd.pypi.simple.latest+json": MediaType.V1_JSON,
}
_QUALITY: Final = re.compile(r"(?:0(?:\.[0-9]*)?|1(?:\.0*)?|\.[0-9]+)")
MAX_BYTES: Final = 4_096
"""A longer Accept header is read up to here."""


def negotiate(accept: bytes | None) -> MediaType:
    """Read an Accept header: the most specific range decides about a type, the highest quality wins.

    Where nothing usable is named, also where all is refused, it is text/html.
    """
    return MediaType.HTML if accept is None else _negotiate(accept[:MAX_BYTES])


@lru_cache(maxsize=1024)
def _negotiate(accept: bytes) -> MediaType:
    said: dict[MediaType, tuple[int, float]] = {}
    for entry in accept.decode("latin-1").split(","):
        name, _, parameters = entry.partition(";")
        quality = _quality(parameters)
        for media_type, specific in _meant(name.strip().lower()):
            if (specific, quality) > said.get(media_type, (-1, 0.0)):
                said[media_type] = (specific, quality)
    best = MediaType.HTML
    best_quality = 0.0
    for media_type in MediaType:
        quality = said.get(media_type, (0, 0.0))[1]
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def _meant(name: str) -> list[tuple[MediaType, int]]:
    if name in _NAMES:
        return [(_NAMES[name], 2)]
    if name == "*/*":
        return [(each, 0) for each in MediaType]
    kind, slash, rest = name.partition("/")
    return [(each, 1) for each in MediaType if slash and rest == "*" and each.startswith(kind + "/")]


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            value = value.strip()
            # What is no number is no wish: such a range is as good as not there.
            return float(value) if _QUALITY.fullmatch(value) else 0.0
    return 1.0


def asked_by_format(query: bytes) -> MediaType | bool | None:
    """Read `?format=`, which wins over Accept. None: it is not there; False: nothing that there is, so 406."""
    for piece in query.split(b"&"):
        key, _, value = piece.partition(b"=")
        if decode(key) == b"format":
            # A plus is meant as one: all names have it, and people write the URL by hand.
            return _NAMES.get(decode(value).decode("latin-1").lower(), False)
    return None
