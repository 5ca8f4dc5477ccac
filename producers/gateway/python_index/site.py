"""A host's python rules: from a path to a page, a file's redirect, or the 404 that lets a client go on (DL12-DL18)."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from producers.gateway.answer import About, Answer, Headers, Kind, Later, Request, RuleType
from producers.gateway.answers import NO_STORE, not_found, redirect
from producers.gateway.manifest import PythonRule
from producers.gateway.manifest.model import normal_name
from producers.gateway.paths import fit, own_pairs, text_of
from producers.gateway.python_index.accept import MediaType, asked_by_format, negotiate
from producers.gateway.python_index.pages import Body, Outcome, Page, Pages
from producers.gateway.python_index.write import write_root

_NAME: Final = re.compile(r"(?=.{1,200}\Z)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_TAG: Final = re.compile(rb'(?:W/)?("[^"]*")|(\*)')
_VARY: Final = (b"vary", b"Accept")
_NO_CACHE: Final = (b"cache-control", b"no-cache")
_CONTENT_TYPES: Final = {
    MediaType.HTML: (b"content-type", b"text/html; charset=utf-8"),
    MediaType.V1_HTML: (b"content-type", MediaType.V1_HTML.encode()),
    MediaType.V1_JSON: (b"content-type", MediaType.V1_JSON.encode()),
}
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
RETRY_AFTER_SECONDS: Final = b"10"
MAX_FILE_NAME: Final = 256
MAX_RAW_NAME: Final = 600
"""Bytes of a project's name before it is decoded: 200 characters, all of them encoded."""

_SIDES: Final = ((".metadata", Kind.METADATA), (".asc", Kind.SIGNATURE), (".provenance", Kind.PROVENANCE))
_INDEX: Final = About(RuleType.PYTHON, Kind.INDEX)
_UNKNOWN: Final = {kind: About(RuleType.PYTHON, kind, counted=False) for kind in (Kind.INDEX, Kind.FILE)}

Reply = tuple[PythonRule | None, Answer | Later]


class PythonSite:
    """The python rules of a host."""

    def __init__(self, rules: Sequence[PythonRule], pages: Pages) -> None:
        self._pages = pages
        self._all = next((rule for rule in rules if rule.projects.listed is None), None)
        self._by_name = {name: rule for rule in rules for name in rule.projects.normal}
        self._first = rules[0]
        self._root = write_root(name for rule in rules for name in rule.projects.listed or ())

    def take(self, request: Request, path: bytes) -> Reply | None:
        """Answer `/simple/…`, and without `/simple` what is a project's; None: not ours."""
        segments = path.split(b"/")
        prefixed = segments[1] == b"simple"
        rest = segments[2 if prefixed else 1 :]
        if len(rest) < 2:
            if not rest:
                return self._first, _moved(b"/simple/", request.query, _INDEX)
            if not rest[0]:
                return self._root_reply(request)
        name, project = _names(rest[0]) if len(rest[0]) <= MAX_RAW_NAME else ("", "")
        rule = self._by_name.get(project, self._all)
        if len(rest) > 2 or rule is None or not project:
            return (None, self.unknown(path)) if prefixed else None
        listed = project in self._by_name
        if len(rest) == 2 and rest[1]:
            return rule, self._file(rule, project, rest[1], request, listed)
        about = About(RuleType.PYTHON, Kind.INDEX, project)
        # With "*" a name is nobody's business until the upstream has it: somebody may ask for a private one.
        unproven = about if listed else _INDEX
        if project != name or len(rest) == 1:
            prefix = b"/simple/" if prefixed else b"/"
            return rule, _moved(prefix + project.encode() + b"/", request.query, unproven)
        page = self._pages.fresh(rule.target, project)
        if page is not None:
            return rule, page_answer(page.bodies, request, about)

        def answer(page: Page) -> Answer:
            return page_answer(page.bodies, request, about)

        return rule, self._later(rule, project, unproven, about, answer)

    @staticmethod
    def unknown(path: bytes) -> Answer:
        """Say that a project is not served, at once and without its name (DL14)."""
        is_index = path.endswith(b"/") or path.count(b"/") < 2
        return not_found(_UNKNOWN[Kind.INDEX if is_index else Kind.FILE])

    def _root_reply(self, request: Request) -> Reply:
        if self._all is not None:
            return self._all, redirect(self._all.redirect, self._all.target.encode(), [], request.query, _INDEX)
        return self._first, page_answer(self._root, request, _INDEX)

    def _file(self, rule: PythonRule, project: str, raw: bytes, request: Request, listed: bool) -> Answer | Later:
        # A client that asks with the link's fragment means the file before it.
        raw = raw.partition(b"%23")[0]
        page = self._pages.at_hand(rule.target, project)
        if page is not None:
            answer = file_answer(page, rule.redirect, project, raw, request.query)
            if answer is not None:
                return answer
            if self._pages.fresh(rule.target, project) is page:
                return not_found(About(RuleType.PYTHON, Kind.FILE, project))
        about = About(RuleType.PYTHON, Kind.FILE, project if listed else None)

        def from_page(page: Page) -> Answer:
            found = file_answer(page, rule.redirect, project, raw, request.query)
            return found or not_found(About(RuleType.PYTHON, Kind.FILE, project))

        name = text_of(raw)
        kind = next((kind for end, kind in _SIDES if name.endswith(end)), Kind.FILE)
        proven = About(RuleType.PYTHON, kind, project, file=name[:MAX_FILE_NAME])
        return self._later(rule, project, about, proven, from_page)

    @staticmethod
    def _later(rule: PythonRule, project: str, about: About, proven: About, answer: Any) -> Later:
        async def ask(upstreams: Any) -> Answer:
            page = await upstreams.page(rule.target, project)
            if isinstance(page, Page):
                found: Answer = answer(page)
                return found
            if page is Outcome.MISSING:
                return not_found(_UNKNOWN[about.kind] if about.project is None else about)
            headers = (_TEXT, NO_STORE, (b"retry-after", RETRY_AFTER_SECONDS))
            return Answer(503, headers, b"the upstream index does not answer\n", about)

        return Later(about, f"{rule.target}{project}/".encode(), ask, proven)


@lru_cache(maxsize=8_192)
def _names(raw: bytes) -> tuple[str, str]:
    """Give a project's name as it was asked for and in its normal form; empty ones where it is no name."""
    name = text_of(raw)
    return (name, normal_name(name)) if _NAME.fullmatch(name) else ("", "")


def _moved(place: bytes, query: bytes, about: About) -> Answer:
    return redirect(301, place, [], query, about)


def page_answer(bodies: Mapping[MediaType, Body], request: Request, about: About) -> Answer:
    """Answer with a page in the representation that is asked for, or with 304 (DL15, DL17)."""
    media_type = asked_by_format(request.query) if request.query else None
    if media_type is False:
        return Answer(406, (_TEXT, NO_STORE, _VARY), b"format: one of " + b", ".join(map(_encoded, MediaType)), about)
    if not isinstance(media_type, MediaType):
        media_type = negotiate(request.headers.get(b"accept"))
    body = bodies[media_type]
    headers: Headers = ((b"etag", body.etag), _VARY, _NO_CACHE)
    if is_unchanged(request, body.etag):
        return Answer(304, headers, b"", about)
    return Answer(200, (_CONTENT_TYPES[media_type], *headers), body.content, about)


def is_unchanged(request: Request, etag: bytes) -> bool:
    """Tell whether a request names the validator of what is here (RFC 9110, 13.1.2: a list, weak ones, `*`)."""
    wanted = request.headers.get(b"if-none-match")
    return wanted is not None and any(star or tag == etag for tag, star in _TAG.findall(wanted))


def _encoded(media_type: MediaType) -> bytes:
    return media_type.encode()


def file_answer(page: Page, status: int, project: str, raw: bytes, query: bytes) -> Answer | None:
    """Send a client to a file, or to what belongs to one; None: it is not on the page (DL18)."""
    known = page.answers.get((status, raw)) if not query else None
    if known is not None:
        return known
    name = text_of(raw)
    found = _url(page, name)
    if found is None:
        return None
    url, kind = found
    bare, _, own = url.partition("?")
    about = About(RuleType.PYTHON, kind, project, file=name[:MAX_FILE_NAME])
    answer = redirect(status, fit(bare.encode()), own_pairs(own.encode()), query, about)
    if not query and len(page.answers) < 4 * len(page.links):
        page.answers[status, raw] = answer
    return answer


def _url(page: Page, name: str) -> tuple[str, Kind] | None:
    link = page.links.get(name)
    if link is not None:
        return link.url, Kind.FILE
    for end, kind in _SIDES:
        link = page.links.get(name.removesuffix(end)) if name.endswith(end) else None
        if link is None:
            continue
        if kind is Kind.PROVENANCE:
            return None if link.provenance is None else (link.provenance, kind)
        if link.has_metadata if kind is Kind.METADATA else link.has_signature:
            path, question, query = link.url.partition("?")
            return path + end + question + query, kind
    return None
