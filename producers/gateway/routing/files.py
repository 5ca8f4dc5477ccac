"""File routes, the pixel and the catch-all (DL25-DL28): pure, and redirects are made of parts that are read once."""

import base64
import re
from collections.abc import Sequence
from typing import Any, Final

from producers.gateway.answer import About, Answer, Kind, Request, RuleType
from producers.gateway.answers import not_found, redirect, seen
from producers.gateway.invented import version_like
from producers.gateway.manifest import CatchAllRule, FileRule, PixelRule
from producers.gateway.paths import fit, is_trick, text_of
from producers.gateway.template import Target

MAX_NAME: Final = 256
"""Characters of a file's name that are kept."""

_PROJECT: Final = re.compile(r"[A-Za-z0-9@][A-Za-z0-9._/@+-]{0,127}")
PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII="
)
"""A PNG of one transparent point."""

_PIXEL_HEADERS: Final = (
    (b"content-type", b"image/png"),
    (b"cache-control", b"no-cache, no-store, must-revalidate"),
)


def template_answer(rule: FileRule, path: bytes, query: bytes) -> Answer | None:
    """Answer a path in normal form by a rule with a template; None: it is not one of its paths."""
    assert rule.template is not None
    values = rule.template.match(path, query)
    return None if values is None else _file(rule, path, query, values)


def regex_answer(rule: FileRule, path: bytes, query: bytes) -> Answer | None:
    """Answer a path in normal form by a rule with a regular expression; None: it is not one of its paths."""
    found = rule.regex.fullmatch(path)
    if found is None:
        return None
    return _file(rule, path, query, {name.decode(): value or b"" for name, value in found.groupdict().items()})


def _file(rule: FileRule, path: bytes, query: bytes, values: dict[str, bytes]) -> Answer:
    name = path[path.rfind(b"/") + 1 :]
    project = values.get("project")
    version = values.get("version")
    platform = values.get("platform")
    about = About(
        RuleType.FILE,
        Kind.FILE,
        rule.project if project is None else _project(text_of(project)),
        None if version is None else version_like(text_of(version)),
        None if platform is None else version_like(text_of(platform)),
        text_of(name)[:MAX_NAME] or None,
    )
    return _sent(rule.target, rule.redirect, values, query, about)


def _project(text: str) -> str:
    return text if _PROJECT.fullmatch(text) else "other"


def _sent(target: Target | None, status: int, values: Any, query: bytes, about: About) -> Answer:
    if target is None:
        return seen(about)
    url = target.url(values)
    # Two harmless variables side by side may make a climbing path.
    if b".." in url and is_trick(url):
        return not_found(about)
    return redirect(status, url, target.pairs(values), query, about)


def catch_all_answer(rule: CatchAllRule, request: Request) -> Answer:
    """Send the same path and query to the rule's host, as they were encoded (DL27)."""
    about = About(RuleType.CATCH_ALL, Kind.OTHER, rule.project)
    if rule.target is None:
        return seen(about)
    # Bytes that no URL may hold are encoded, all else stays as it came; a lone % too.
    url = rule.target.url({}).rstrip(b"/") + fit(request.path)
    return redirect(rule.redirect, url, rule.target.pairs({}), request.query, about)


def pixel_answer(rule: PixelRule) -> Answer:
    """Answer with the image (DL28)."""
    return Answer(200, _PIXEL_HEADERS, PIXEL, About(RuleType.PIXEL, Kind.PIXEL, rule.id))


def by_literal_text(rules: Sequence[FileRule]) -> list[FileRule]:
    """Order rules with templates: more literal text first, then by the text itself, never by their order in the file."""

    def key(rule: FileRule) -> tuple[int, str]:
        assert rule.template is not None
        return -rule.template.literal, rule.template.text

    return sorted(rules, key=key)
