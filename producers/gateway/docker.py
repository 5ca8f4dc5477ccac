"""Container images (DL22-DL24): which image a path names, and whether its client is redirected or proxied. Pure."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

import re2

from producers.gateway.answer import About, Answer, Kind, Later, Request, RuleType
from producers.gateway.answers import redirect, registry_error
from producers.gateway.invented import DIGEST, version_like
from producers.gateway.manifest import DockerRule
from producers.gateway.paths import fit, text_of

_ROOT: Final = b"/v2"
_NAME: Final = rb"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH: Final = re.compile(
    rb"/v2/(%s(?:/%s)*)/(?:(manifests)/([^/]+)|(blobs)/([^/]+)|(tags)/list|(referrers)/([^/]+))" % (_NAME, _NAME)
)
_KINDS: Final = {b"manifests": Kind.MANIFEST, b"blobs": Kind.BLOB, b"tags": Kind.TAGS, b"referrers": Kind.OTHER}
_DIGEST: Final = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]+")
_NUMBERS: Final = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
_PING: Final = About(RuleType.DOCKER, Kind.INDEX)
_NO_IMAGE: Final = About(RuleType.DOCKER, Kind.OTHER)

MAX_AGENT: Final = 1_024
"""Bytes of an agent that are looked at."""

Reply = tuple[DockerRule | None, Answer | Later]


@dataclass(frozen=True, slots=True)
class _Client:
    prefix: str
    contains: str
    since: tuple[int, ...] | None


class DockerSite:
    """The docker rules of a host."""

    def __init__(self, rules: Sequence[DockerRule]) -> None:
        self._exact = {image.encode(): rule for rule in rules for image in rule.images}
        patterns = [(text, pattern, rule) for rule in rules for text, pattern in rule.patterns]
        # More literal text first, then by the text, so that the file's order means nothing.
        ordered = sorted(patterns, key=lambda each: (-_literal(each[0]), each[0]))
        self._patterns = [(re2.compile(pattern.encode()), rule) for _, pattern, rule in ordered]
        # Who may log in where is asked at /v2/, before any image is named; all rules of a host should have one registry.
        self._ping = min(rules, key=lambda rule: rule.target)

    def take(self, request: Request, path: bytes) -> Reply | None:
        """Answer what is at or under /v2; None: not ours."""
        if path in (_ROOT, b"/v2/"):
            return self._ping, _passed(self._ping, request, _PING, b"/v2/")
        if not path.startswith(b"/v2/"):
            return None
        found = _PATH.fullmatch(path)
        rule = None if found is None else self._rule(found.group(1))
        if found is None or rule is None:
            code = "NAME_UNKNOWN" if found is not None or path != b"/v2/_catalog" else "UNSUPPORTED"
            return None, registry_error(404, code, "repository name not known to registry", _NO_IMAGE)
        return rule, _passed(rule, request, _about(found), request.path)

    def _rule(self, image: bytes) -> DockerRule | None:
        rule = self._exact.get(image)
        if rule is None:
            rule = next((rule for pattern, rule in self._patterns if pattern.fullmatch(image)), None)
        return rule


def _literal(pattern: str) -> int:
    return len(re.sub(r"\{[^}]*\}|\*", "", pattern))


def _about(found: re.Match[bytes]) -> About:
    kind = next(group for group in found.group(2, 4, 6, 7) if group is not None)
    reference = next((group for group in found.group(3, 5, 8) if group is not None), None)
    version = None
    if reference is not None:
        text = text_of(reference)
        version = DIGEST if _DIGEST.fullmatch(text) else version_like(text)
    return About(RuleType.DOCKER, _KINDS[kind], found.group(1).decode(), version)


def _passed(rule: DockerRule, request: Request, about: About, path: bytes) -> Answer | Later:
    url = rule.target.removesuffix("/v2").encode() + fit(path)
    if may_redirect(rule, request):
        return redirect(rule.redirect, url, [], request.query, about)

    async def proxy(upstreams: Any) -> Any:
        return await upstreams.registry(request, url, about)

    return Later(about, url, proxy)


def may_redirect(rule: DockerRule, request: Request) -> bool:
    """Tell whether a client finds its way when it is sent to the registry itself (DL23)."""
    headers = request.headers
    if rule.always_proxy or headers.get(b"authorization", b"")[:6].lower() == b"basic ":
        return False
    return b"docker-client" in headers or authenticates_anew(headers.get(b"user-agent", b""))


def authenticates_anew(agent: bytes) -> bool:
    """Tell by its agent whether a client authenticates anew after a redirect."""
    return _authenticates_anew(agent[:MAX_AGENT])


@lru_cache(maxsize=4096)
def _authenticates_anew(agent: bytes) -> bool:
    text = agent.decode("latin-1").lower()
    return any(_is(client, text) for client in _clients())


def _is(client: _Client, text: str) -> bool:
    if not text.startswith(client.prefix) or client.contains not in text:
        return False
    if client.since is None:
        return True
    numbers = _NUMBERS.match(text, len(client.prefix))
    return numbers is not None and tuple(int(number or 0) for number in numbers.groups()) >= client.since


@cache
def _clients() -> tuple[_Client, ...]:
    text = resources.files("producers.gateway.data").joinpath("docker-redirects.toml").read_text(encoding="utf-8")
    return tuple(
        _Client(
            each.get("prefix", ""),
            each.get("contains", ""),
            tuple(map(int, each["from"].split("."))) if "from" in each else None,
        )
        for each in tomllib.loads(text)["client"]
    )
