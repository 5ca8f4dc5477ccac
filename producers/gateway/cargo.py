"""Crates (DL21): our own config.json, whose downloads are here; index files are redirected. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from producers.gateway.answer import About, Answer, Kind, Later, Request, RuleType
from producers.gateway.answers import NO_STORE, not_found, redirect
from producers.gateway.manifest import CargoRule
from producers.gateway.manifest.rules import crate_name
from producers.gateway.paths import fit, text_of
from producers.gateway.template import read_target

PREFIX: Final = "/api/v1/crates"
_CRATE: Final = rb"[A-Za-z0-9_-]{1,64}"
_DOWNLOAD: Final = re.compile(
    rb"(?:/api/v1/crates)?/(%s)/([0-9][A-Za-z0-9.+-]*|[0-9][A-Za-z0-9.%%-]*)/download" % _CRATE
)
_INDEX: Final = re.compile(rb"/(?:1|2|3/[a-z0-9_-]|[a-z0-9_-]{2}/[a-z0-9_-]{2})/(%s)" % _CRATE, re.IGNORECASE)
_JSON: Final = (b"content-type", b"application/json")
_CONFIG: Final = About(RuleType.CARGO, Kind.INDEX)
MARKERS: Final = ("{crate}", "{version}", "{prefix}", "{lowerprefix}")

Reply = tuple[CargoRule | None, Answer | Later]


class CargoSite:
    """The cargo rules of a host. What no rule lists goes to the first one with `"*"`, else to the first, without a name."""

    def __init__(self, rules: Sequence[CargoRule]) -> None:
        ordered = sorted(rules, key=lambda rule: rule.target)
        self._by_name = {name: rule for rule in ordered for name in rule.projects.normal}
        self._rest = next((rule for rule in ordered if rule.projects.listed is None), ordered[0])

    def take(self, request: Request, path: bytes) -> Reply | None:
        """Answer config.json, index files and downloads; None: not ours."""
        if path == b"/config.json":
            here = (request.scheme + b"://" + request.host).decode("latin-1")
            body = json.dumps({"dl": here + PREFIX}, separators=(",", ":")).encode()
            return self._rest, Answer(200, (_JSON, NO_STORE), body, _CONFIG)
        found = _DOWNLOAD.fullmatch(path)
        if found is not None:
            return self._download(request, found.group(1).decode(), text_of(found.group(2)))
        found = _INDEX.fullmatch(path)
        if found is None or not _is_place_of(path, found.group(1).decode()):
            return None
        rule, name = self._rule(found.group(1).decode())
        about = About(RuleType.CARGO, Kind.INDEX, name)
        return rule, redirect(rule.redirect, rule.target.encode() + fit(request.path), [], request.query, about)

    def _rule(self, crate: str) -> tuple[CargoRule, str | None]:
        name = crate_name(crate)
        rule = self._by_name.get(name, self._rest)
        return rule, crate if name in rule.projects else None

    def _download(self, request: Request, crate: str, version: str) -> Reply:
        rule, name = self._rule(crate)
        file = None if name is None else f"{crate}-{version}.crate"
        about = About(RuleType.CARGO, Kind.FILE, name, file=file)
        if rule.download is not None:
            return rule, download_answer(rule, rule.download, crate, version, request.query, about)

        async def ask(upstreams: Any) -> Answer:
            template = await upstreams.crate_downloads(rule)
            if template is None:
                headers = ((b"content-type", b"text/plain"), NO_STORE, (b"retry-after", b"10"))
                return Answer(503, headers, b"the upstream index does not answer\n", about)
            return download_answer(rule, template, crate, version, request.query, about)

        return rule, Later(about, f"{rule.target}/config.json".encode(), ask)


def _is_place_of(path: bytes, crate: str) -> bool:
    return path.decode().lower() == f"/{place_of(crate.lower())}/{crate.lower()}"


def place_of(crate: str) -> str:
    """Give the folder of a crate in an index: `1`, `2`, `3/a`, `ab/cd`."""
    if len(crate) <= 2:
        return str(len(crate))
    return f"3/{crate[0]}" if len(crate) == 3 else f"{crate[:2]}/{crate[2:4]}"


def download_answer(rule: CargoRule, template: str, crate: str, version: str, query: bytes, about: About) -> Answer:
    """Send a client to a crate by a `dl` of a config.json; one without markers has cargo's own path behind it."""
    if not any(marker in template for marker in MARKERS):
        template = template.rstrip("/") + "/{crate}/{version}/download"
    try:
        # A prefix has a slash in it that is one.
        target = read_target(template.replace("{prefix}", "{+prefix}")
                             .replace("{lowerprefix}", "{+lowerprefix}"), _KNOWN)  # fmt: skip
    except ValueError:
        return not_found(about)
    values = {"crate": crate, "version": version, "prefix": place_of(crate), "lowerprefix": place_of(crate.lower())}
    encoded = {key: value.encode() for key, value in values.items()}
    return redirect(rule.redirect, target.url(encoded), target.pairs(encoded), query, about)


_KNOWN: Final = frozenset(marker.strip("{}") for marker in MARKERS)
