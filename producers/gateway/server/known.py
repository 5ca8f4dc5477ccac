"""Answers that depend on host and target alone, made once: most requests are for what many ask for.

Bounded, and gone with the manifest that gave them.
"""

from dataclasses import dataclass
from typing import Final

from producers.gateway.answer import About, Answer, Request, RuleType
from producers.gateway.server.wire import NO_BODY, head

_LOOK_AT_THE_TARGET_ONLY: Final = frozenset((RuleType.FILE, RuleType.PIXEL, RuleType.CATCH_ALL))
"""The others look at headers too, or at pages that change."""

_ENTRIES: Final = 8192
_BYTES: Final = 1024
"""Of a target, and of an answer: 16 MiB in all."""

_DATE: Final = b"\0"


@dataclass(frozen=True, slots=True)
class Known:
    """An answer to GET as bytes, but for the date between its two parts; `sent` is the body's length."""

    before: bytes
    after: bytes
    about: About
    status: int
    sent: int


class KnownAnswers(dict[tuple[bytes, bytes], Known]):
    """By host and target, as they stand in the request."""

    def keep(self, request: Request, answer: Answer) -> None:
        """Remember the answer to a request, if it may be."""
        target = request.path if not request.query else request.path + b"?" + request.query
        if (
            request.method != b"GET"
            or answer.about.rule not in _LOOK_AT_THE_TARGET_ONLY
            or len(target) + len(answer.body) > _BYTES
            or len(request.host) > _BYTES
        ):
            return
        if len(self) >= _ENTRIES:
            self.clear()
        length = None if answer.status in NO_BODY else len(answer.body)
        before, _, after = head(answer.status, answer.headers, length, _DATE, b"").partition(_DATE)
        self[request.host, target] = Known(before, after + answer.body, answer.about, answer.status, len(answer.body))
