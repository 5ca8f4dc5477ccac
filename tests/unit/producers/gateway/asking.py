"""A request and a router, in a line each."""

from typing import Any

from producers.gateway.answer import Answer, Later, Request
from producers.gateway.manifest import read_manifest
from producers.gateway.python_index.pages import NO_PAGES, Pages
from producers.gateway.routing import Router

HOST = "gw.example.org"


def router(rules: str, pages: Pages = NO_PAGES) -> Router:
    """A router of one domain; `rules` are TOML tables of rules."""
    text = f'[[domain]]\nhost = "{HOST}"\n{rules}'
    return Router(read_manifest(text, "m.toml"), pages)


def rule(kind: str, **values: Any) -> str:
    """A rule's table; values are written as TOML."""
    lines = [f"[[domain.rule]]\ntype = '{kind}'"]
    for key, value in values.items():
        if isinstance(value, bool):
            lines.append(f"{key} = {str(value).lower()}")
        elif isinstance(value, str):
            lines.append(f"{key} = '{value}'")
        else:
            lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"


def request(url: str | bytes, method: bytes = b"GET", host: str = HOST, **headers: str) -> Request:
    """A request for a path with its query; headers by their names, `_` for `-`."""
    target = url if isinstance(url, bytes) else url.encode()
    path, _, query = target.partition(b"?")
    named = {name.replace("_", "-").lower().encode(): value.encode() for name, value in headers.items()}
    return Request(method, host.encode(), path, query, named)


def ask(router: Router, url: str | bytes, method: bytes = b"GET", host: str = HOST, **headers: str) -> Answer:
    """What is answered at once; fails where an upstream is needed."""
    answer = router.route(request(url, method, host, **headers))
    assert isinstance(answer, Answer), answer
    return answer


def later(router: Router, url: str | bytes, method: bytes = b"GET", **headers: str) -> Later:
    """What needs an upstream; fails where it is answered at once."""
    answer = router.route(request(url, method, **headers))
    assert isinstance(answer, Later), answer
    return answer


def header(answer: Answer, name: str) -> str | None:
    """One header of an answer."""
    found = [value.decode("latin-1") for key, value in answer.headers if key == name.encode()]
    assert len(found) <= 1
    return found[0] if found else None


def location(router: Router, url: str | bytes, **headers: str) -> str | None:
    """Where a request is sent; None: it is not."""
    answer = ask(router, url, **headers)
    return header(answer, "location") if answer.status in (302, 307) else None
