"""A line and the manifest → the event that the gateway would have sent of the same request (DL33, DL35)."""

import re
from dataclasses import replace
from typing import Final

from headcount.errors import HeadcountError
from producers.gateway.answer import About, Answer, Kind, Later, Request, RuleType
from producers.gateway.events.encode import Answered
from producers.gateway.manifest import Manifest
from producers.gateway.manifest.model import normal_name
from producers.gateway.routing import Router
from producers.gateway.server.client import Proxies
from producers.ship.combined import read_combined
from producers.ship.line import NOT_MODIFIED, Line, read_json

_DISTRIBUTION: Final = re.compile(
    r".+\.(?:whl|tar\.(?:gz|bz2|xz|Z)|tgz|zip|egg|exe|msi|rpm|dmg|deb)(?:\.(?:metadata|asc|provenance))?"
)


def read_line(text: bytes) -> Line | None:
    """Read a line of either format; null where there was no request in it. Raises LineError."""
    text = text.rstrip(b"\r\n")
    return read_json(text) if text.lstrip()[:1] == b"{" else read_combined(text)


class Events:
    """Makes events by one manifest. `host` is that of lines without one; null: the manifest's only one."""

    def __init__(self, manifest: Manifest, *, proxies: Proxies, host: str | None = None) -> None:
        self._router = Router(manifest)
        self._proxies = proxies
        hosts = [domain.host for domain in manifest.domains]
        self._host = host or (hosts[0] if len(hosts) == 1 else None)
        self._manifest = manifest.file

    def answered(self, line: Line) -> Answered:
        """Give what the gateway would tell of the same request. Raises HeadcountError for a line without any host."""
        address = line.address
        if line.forwarded:
            address = self._proxies.client(address, line.forwarded)
        return Answered(
            line.at,
            address,
            line.agent,
            self._about(line),
            line.method,
            line.status,
            line.range,
            line.conditional,
            line.size,
            line.opted_out,
        )

    def _about(self, line: Line) -> About:
        host = self._host_of(line)
        headers = {} if line.agent is None else {b"user-agent": line.agent}
        answer = self._router.route(Request(line.method, host, line.path, line.query, headers))
        if isinstance(answer, Answer):
            return answer.about
        return _of_later(answer, line.status)

    def _host_of(self, line: Line) -> bytes:
        if line.host is not None:
            return line.host
        if self._host is None:
            raise HeadcountError(
                "a line in nginx's `combined` format does not say of which host it is, and there are several",
                where=self._manifest,
                do="name the host of these lines with --host, or log in our own format (deploy/nginx/headcount.conf)",
            )
        return self._host.encode("latin-1", "replace")


def _of_later(answer: Later, status: int) -> About:
    """What the gateway would have asked its upstream first, nginx's status tells, but for a redirect.

    nginx redirects whatever name it is asked for: so then only what the manifest lists is named, and only files that look
    like that project's.
    """
    if answer.proven is None:
        return answer.about
    if 200 <= status < 300 or status == NOT_MODIFIED:
        return answer.proven
    if 301 <= status <= 308 and answer.about.project is not None:
        proven = answer.proven
        if proven.rule is RuleType.PYTHON and proven.file is not None and not _is_of(proven):
            return replace(proven, kind=Kind.FILE, file=None)
        return proven
    return answer.about


def _is_of(about: About) -> bool:
    name = normal_name(about.file or "")
    return name.startswith(f"{about.project}-") and _DISTRIBUTION.fullmatch(about.file or "") is not None
