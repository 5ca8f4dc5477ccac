"""From a request to its host's rules."""

from dataclasses import dataclass, replace
from typing import Final

from producers.gateway.answer import About, Answer, Later, Request, RuleType
from producers.gateway.answers import ALLOWED, NOWHERE, not_found, wrong_method
from producers.gateway.manifest import Manifest, Rule, normal_host
from producers.gateway.paths import is_simple, is_trick, normal
from producers.gateway.python_index.pages import NO_PAGES, Pages
from producers.gateway.routing.site import Site

_NOWHERE: Final = not_found(NOWHERE)
_LASTING: Final = frozenset({RuleType.FILE, RuleType.CATCH_ALL, RuleType.PIXEL})
"""Whose answers depend on host, path and query alone."""

MAX_KNOWN: Final = 8_192
MAX_KNOWN_BYTES: Final = 512
"""Answers that are remembered: so many, of requests so long, some 12 MB at most."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Who took a request, and what it said; `rule` None: nobody."""

    rule: Rule | None
    answer: Answer | Later


class Router:
    """A manifest made ready for requests. `pages` are the index pages that are at hand; a new manifest takes them over."""

    def __init__(self, manifest: Manifest, pages: Pages = NO_PAGES) -> None:
        self._sites = {domain.host: Site(domain, pages) for domain in manifest.domains}
        self._known: dict[tuple[bytes, bytes, bytes], Answer] = {}

    def route(self, request: Request) -> Answer | Later:
        """Answer one request."""
        key = (request.host, request.path, request.query)
        known = self._known.get(key)
        if known is not None and request.method in ALLOWED:
            return known
        answer = self._decide(request)[1]
        if answer.about.rule in _LASTING and isinstance(answer, Answer) and answer.status != 405:
            self._remember(key, answer)
        return answer

    def take(self, request: Request) -> Taken:
        """Answer one request, and tell which rule did."""
        return Taken(*self._decide(request))

    def _remember(self, key: tuple[bytes, bytes, bytes], answer: Answer) -> None:
        if sum(map(len, key)) <= MAX_KNOWN_BYTES:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = answer

    def _decide(self, request: Request) -> tuple[Rule | None, Answer | Later]:
        site = self._sites.get(normal_host(request.host))
        if site is None:
            return None, _NOWHERE
        path = request.path
        if b"#" in path:
            # A client that sends a fragment means the path before it.
            path = path.partition(b"#")[0]
            request = replace(request, path=path, query=b"")
        rule: Rule | None = None
        answer: Answer | Later = _NOWHERE
        if is_simple(path):
            rule, answer = site.take(request, path)
        elif path.startswith(b"/") and not is_trick(path):
            rule, answer = site.take(request, normal(path))
        if request.method not in ALLOWED:
            answer = wrong_method(_without_names(answer.about))
        return rule, answer


def _without_names(about: About) -> About:
    """What is not served is not named: a method that is refused may carry any path."""
    return About(about.rule, about.kind, counted=about.counted)
