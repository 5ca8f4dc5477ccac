"""Answers that every kind of rule gives. All say `no-store`: what a client keeps, it does not ask for again (DL4)."""

import json
from typing import Final

from producers.gateway.answer import About, Answer, Headers, Kind, RuleType
from producers.gateway.paths import Pair, with_query

NO_STORE: Final = (b"cache-control", b"no-store")
ALLOWED: Final = frozenset({b"GET", b"HEAD"})
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_JSON: Final = (b"content-type", b"application/json")
_ALLOW: Final = (b"allow", b"GET, HEAD")
NOWHERE: Final = About(RuleType.NONE, Kind.OTHER)


def redirect(status: int, url: bytes, own: list[Pair], query: bytes, about: About) -> Answer:
    """Send a client to a URL with its target's pairs and those of the request (DL6)."""
    if own or query:
        url = with_query(url, own, query)
    return Answer(status, ((b"location", url), NO_STORE), b"", about)


def not_found(about: About) -> Answer:
    """Say 404."""
    return Answer(404, (_TEXT, NO_STORE), b"not found\n", about)


def wrong_method(about: About) -> Answer:
    """Say 405, and which methods there are (DL7)."""
    return Answer(405, (_TEXT, NO_STORE, _ALLOW), b"only GET and HEAD\n", about)


def seen(about: About) -> Answer:
    """Say 200 with nothing: a rule without a target is there for its event (DL25, DL27)."""
    return Answer(200, (NO_STORE,), b"", about)


def registry_error(status: int, code: str, message: str, about: About, more: Headers = ()) -> Answer:
    """Say what is wrong in the words of container registries (DL22)."""
    body = json.dumps({"errors": [{"code": code, "message": message, "detail": {}}]}, separators=(",", ":")).encode()
    return Answer(status, (_JSON, NO_STORE, *more), body, about)
