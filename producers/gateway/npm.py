"""npm packages (DL20): packuments whose tarballs are here, tarballs sent to the registry, all else too. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from producers.gateway.answer import About, Answer, Kind, Later, Request, RuleType
from producers.gateway.answers import NO_STORE, not_found, redirect
from producers.gateway.manifest import NpmRule
from producers.gateway.paths import fit, own_pairs, text_of
from producers.gateway.python_index.index_page import is_web
from producers.gateway.python_index.pages import Outcome
from producers.gateway.python_index.site import RETRY_AFTER_SECONDS

_PART: Final = r"[A-Za-z0-9_.!~*'()-]+"
_PACKUMENT: Final = re.compile(rf"/((?:@{_PART}(?:/|%2F))?{_PART})".encode())
_TARBALL: Final = re.compile(rf"/((?:@{_PART}(?:/|%2F))?{_PART})/-/((?:@{_PART}(?:/|%2F))?{_PART})".encode())
_ELSEWHERE: Final = re.compile(
    rf"/-/tarball/((?:@{_PART}(?:/|%2F))?{_PART})/([A-Za-z0-9.+%-]+)/([A-Za-z0-9_.!~*'()+%-]+)".encode()
)
ELSEWHERE: Final = "/-/tarball"
"""Under this are tarballs that their registry has at a place that no rule tells: the packument knows it."""

_OTHER: Final = About(RuleType.NPM, Kind.OTHER)
_VERSION: Final = re.compile(r"[A-Za-z0-9.+-]{1,128}")
KEEPS_METHOD: Final = 307
MAX_NAME: Final = 256

Reply = tuple[NpmRule | None, Answer | Later]


class NpmSite:
    """The npm rules of a host. What no rule lists goes to the first one with `"*"`, else to the first, without a name."""

    def __init__(self, rules: Sequence[NpmRule]) -> None:
        ordered = sorted(rules, key=lambda rule: rule.target)
        self._by_name = {name: rule for rule in ordered for name in rule.projects.normal}
        self._rest = next((rule for rule in ordered if rule.projects.listed is None), ordered[0])

    def take(self, request: Request, path: bytes) -> Reply | None:
        """Answer any path: npm has pages for everything under its root."""
        found = _TARBALL.fullmatch(path)
        if found is not None:
            rule, name = self._rule(found.group(1))
            about = About(RuleType.NPM, Kind.FILE, name, file=None if name is None else _file(found.group(2)))
            return rule, _sent(rule, rule.redirect, request, about)
        found = _ELSEWHERE.fullmatch(path)
        if found is not None:
            return self._elsewhere(request, found)
        found = _PACKUMENT.fullmatch(path)
        if found is None or found.group(1) == b"-":
            return self._rest, _sent(self._rest, KEEPS_METHOD, request, _OTHER)
        rule, name = self._rule(found.group(1))
        about = About(RuleType.NPM, Kind.INDEX, name)
        if not rule.rewrite or len(found.group(1)) > MAX_NAME:
            return rule, _sent(rule, rule.redirect, request, about)
        package = text_of(found.group(1))
        url = rule.target.encode() + fit(request.path)
        here = request.scheme + b"://" + request.host

        # With "*" a name is nobody's business until the upstream has it: somebody may ask for a private one.
        missing = about if package.lower() in rule.projects.normal else About(RuleType.NPM, Kind.INDEX)

        async def ask(upstreams: Any) -> Any:
            return await upstreams.packument(request, url.decode(), package, here.decode("latin-1"), about, missing)

        return rule, Later(missing, url, ask, about)

    def _elsewhere(self, request: Request, found: re.Match[bytes]) -> Reply:
        rule, name = self._rule(found.group(1))
        about = About(RuleType.NPM, Kind.FILE, name, file=None if name is None else _file(found.group(3)))
        package, version = text_of(found.group(1)), text_of(found.group(2))
        url = f"{rule.target}/{quote(package, safe='@')}"

        async def ask(upstreams: Any) -> Any:
            place = await upstreams.tarball(request, url, package, version)
            if place is Outcome.AWAY:
                return away(about)
            if place is Outcome.MISSING:
                return not_found(About(RuleType.NPM, Kind.FILE))
            bare, _, own = place.partition("?")
            return redirect(rule.redirect, fit(bare.encode()), own_pairs(own.encode()), request.query, about)

        return rule, Later(About(RuleType.NPM, Kind.FILE), url.encode(), ask)

    def _rule(self, raw: bytes) -> tuple[NpmRule, str | None]:
        name = text_of(raw)[:MAX_NAME]
        rule = self._by_name.get(name.lower(), self._rest)
        return rule, name if name.lower() in rule.projects else None


def _file(raw: bytes) -> str:
    return text_of(raw).rpartition("/")[2][:MAX_NAME]


def _sent(rule: NpmRule, status: int, request: Request, about: About) -> Answer:
    return redirect(status, rule.target.encode() + fit(request.path), [], request.query, about)


def away(about: About) -> Answer:
    """Say that the registry does not answer."""
    headers = ((b"content-type", b"application/json"), NO_STORE, (b"retry-after", RETRY_AFTER_SECONDS))
    return Answer(503, headers, b'{"error":"the upstream registry does not answer"}', about)


def rewrite_packument(content: bytes, package: str, here: str) -> tuple[bytes, dict[str, str]]:
    """Give a packument whose tarballs are at `here`, such as `http://npm.example.org`; all else is as it was.

    Those that stand where npm's registry has them, `{package}/-/{file}`, are found again by their path alone; of the others
    the second value says where each version's really is. Raises ValueError where the content is no packument.
    """
    try:
        document = json.loads(content)
    except RecursionError as error:
        raise ValueError("no packument") from error
    versions = document.get("versions") if isinstance(document, dict) else None
    if not isinstance(versions, dict):
        raise ValueError("no packument")
    elsewhere: dict[str, str] = {}
    for name, version in versions.items():
        dist = version.get("dist") if isinstance(version, dict) else None
        if not isinstance(dist, dict) or not isinstance(dist.get("tarball"), str) or not is_web(dist["tarball"]):
            continue
        file = _tarball_file(dist["tarball"], package)
        if file is not None:
            dist["tarball"] = f"{here}/{package}/-/{file}"
        elif _VERSION.fullmatch(name):
            elsewhere[name] = dist["tarball"]
            bare = package.rpartition("/")[2]
            dist["tarball"] = f"{here}{ELSEWHERE}/{package}/{quote(name, safe='')}/{bare}-{quote(name, safe='')}.tgz"
    return json.dumps(document, separators=(",", ":")).encode(), elsewhere


def _tarball_file(url: str, package: str) -> str | None:
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    head, dash, file = path.replace("%2f", "/").replace("%2F", "/").rpartition("/-/")
    return file if dash and file and "/" not in file and head.endswith(f"/{package}") else None
