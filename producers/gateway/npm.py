"""npm packages (DL20): packuments whose tarballs are here, tarballs sent to the registry, all else too. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from producers.gateway.answer import About, Answer, Kind, Later, Request, RuleType
from producers.gateway.answers import redirect
from producers.gateway.manifest import NpmRule
from producers.gateway.paths import fit, text_of

_PART: Final = r"[A-Za-z0-9_.!~*'()-]+"
_PACKUMENT: Final = re.compile(rf"/((?:@{_PART}(?:/|%2F))?{_PART})".encode())
_TARBALL: Final = re.compile(rf"/((?:@{_PART}(?:/|%2F))?{_PART})/-/((?:@{_PART}(?:/|%2F))?{_PART})".encode())
_OTHER: Final = About(RuleType.NPM, Kind.OTHER)
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

    def _rule(self, raw: bytes) -> tuple[NpmRule, str | None]:
        name = text_of(raw)[:MAX_NAME]
        rule = self._by_name.get(name.lower(), self._rest)
        return rule, name if name.lower() in rule.projects else None


def _file(raw: bytes) -> str:
    return text_of(raw).rpartition("/")[2][:MAX_NAME]


def _sent(rule: NpmRule, status: int, request: Request, about: About) -> Answer:
    return redirect(status, rule.target.encode() + fit(request.path), [], request.query, about)


def rewrite_packument(content: bytes, package: str, here: str) -> bytes:
    """Give a packument whose tarballs are at `here`, such as `http://npm.example.org`; all else as it was.

    Only tarballs that stand where npm's registry has them, `{package}/-/{file}`, can be found again from here; others
    stay where they are. Raises ValueError where the content is no packument.
    """
    try:
        document = json.loads(content)
    except RecursionError as error:
        raise ValueError("no packument") from error
    versions = document.get("versions") if isinstance(document, dict) else None
    if not isinstance(versions, dict):
        raise ValueError("no packument")
    for version in versions.values():
        dist = version.get("dist") if isinstance(version, dict) else None
        if isinstance(dist, dict) and isinstance(dist.get("tarball"), str):
            file = _tarball_file(dist["tarball"], package)
            if file is not None:
                dist["tarball"] = f"{here}/{package}/-/{file}"
    return json.dumps(document, separators=(",", ":")).encode()


def _tarball_file(url: str, package: str) -> str | None:
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    head, dash, file = path.replace("%2f", "/").replace("%2F", "/").rpartition("/-/")
    return file if dash and file and "/" not in file and head.endswith(f"/{package}") else None
