"""From a request to its host's rules."""

from dataclasses import dataclass, replace
from typing import Final

from producers.gateway.answer import About, Answer, Later, Request
from producers.gateway.answers import ALLOWED, NOWHERE, not_found, wrong_method
from producers.gateway.manifest import Manifest, Rule, normal_host
from producers.gateway.paths import is_simple, is_trick, normal
from producers.gateway.python_index.pages import NO_PAGES, Pages
from producers.gateway.routing.site import Site

_NOWHERE: Final = not_found(NOWHERE)


@dataclass(frozen=True, slots=True)
class Taken:
    """Who took a request, and what it said; `rule` None: nobody."""

    rule: Rule | None
    answer: Answer | Later


class Router:
    """A manifest made ready for requests. `pages` are the index pages that are at hand; a new manifest takes them over."""

    def __init__(self, manifest: Manifest, pages: Pages = NO_PAGES) -> None:
        self._sites = {domain.host: Site(domain, pages) for domain in manifest.domains}

    def route(self, request: Request) -> Answer | Later:
        """Answer one request."""
        return self._decide(request)[1]

    def take(self, request: Request) -> Taken:
        """Answer one request, and tell which rule did."""
        return Taken(*self._decide(request))

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
