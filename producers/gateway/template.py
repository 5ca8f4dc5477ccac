"""URL templates of file rules (DL25): RFC 6570's `{x}` and `{+x}`, read once, matched and expanded on undecoded bytes.

`{x}` matches one or more characters within a segment and is expanded with reserved characters encoded; `{+x}` also goes
across `/` and is expanded as it came. The first variable takes as much as it can. Matching is linear in the path's length:
where a standard regular expression could go back over it more than once, RE2 is taken.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import re2

from producers.gateway.paths import Pair, decode, encode, normal, pairs

_EXPRESSION: Final = re.compile(r"\{([^{}]*)\}")
_VARIABLE: Final = re.compile(r"(\+?)([A-Za-z_][A-Za-z0-9_]*)")
_HOST: Final = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_AUTHORITY: Final = re.compile(rf"({_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(?::(\d{{1,5}}))?")
_PLUS: Final = re.compile(r"\{[^{}]*\}|\+")
MAX_PORT: Final = 65_535


class TemplateError(ValueError):
    """A template or a target that cannot be used: what is wrong, and what to `do`."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what)
        self.do = do


@dataclass(frozen=True, slots=True)
class Variable:
    """`{name}`, or with `across` `{+name}`."""

    name: str
    across: bool


Part = bytes | Variable
Values = Mapping[str, bytes]
"""Variables as they stood in the request, in normal form, not decoded."""


def read_parts(text: str) -> tuple[Part, ...]:
    """Split a template into literals, in normal form, and variables. Raises TemplateError."""
    parts: list[Part] = []
    end = 0
    for found in _EXPRESSION.finditer(text):
        _literal(parts, text[end : found.start()])
        variable = _VARIABLE.fullmatch(found.group(1))
        if variable is None:
            raise TemplateError(f"{found.group()} is no variable that is known here", "write {name} or {+name}")
        parts.append(Variable(variable.group(2), bool(variable.group(1))))
        end = found.end()
    _literal(parts, text[end:])
    return tuple(parts)


def _literal(parts: list[Part], text: str) -> None:
    if "{" in text or "}" in text:
        raise TemplateError("a brace without its other half", "write {name}, or %7B and %7D for the braces themselves")
    if text:
        parts.append(normal(text.encode()))


def _split(text: str) -> tuple[str, str]:
    """Split a template at its query's `?`, which is none within braces."""
    masked = _EXPRESSION.sub(lambda found: "x" * len(found.group()), text)
    path = masked.partition("?")[0]
    return text[: len(path)], text[len(path) + 1 :]


def _blanks(text: str) -> str:
    """Write a query's `+` as the blank that it is, but not that of `{+name}`."""
    return _PLUS.sub(lambda found: "%20" if found.group() == "+" else found.group(), text)


def variables(parts: Sequence[Part]) -> list[str]:
    """Name the variables of a template, in order."""
    return [part.name for part in parts if isinstance(part, Variable)]


def expand(parts: Sequence[Part], values: Values) -> bytes:
    """Put values into a template (RFC 6570, 3.2.2 and 3.2.3)."""
    return b"".join([part if isinstance(part, bytes) else _value(part, values) for part in parts])


def _value(part: Variable, values: Values) -> bytes:
    value = values[part.name]
    return normal(value) if part.across else encode(decode(value))


@dataclass(frozen=True, slots=True)
class Template:
    """What a path must look like, and which pairs a query must have. `literal` counts characters outside of variables."""

    text: str
    names: frozenset[str]
    literal: int
    first_segment: bytes | None
    _path: Callable[[bytes], Any]
    _groups: tuple[str, ...]
    _pairs: tuple[tuple[bytes, Callable[[bytes], Any], tuple[str, ...]], ...]

    def match(self, path: bytes, query: bytes) -> dict[str, bytes] | None:
        """Give the variables of a path in normal form, or None where it is not one of this template."""
        found = self._path(path)
        if found is None:
            return None
        values = dict(zip(self._groups, found.groups(), strict=True))
        if len(values) != len(self._groups) and not _agree(self._groups, found.groups()):
            return None
        return values if not self._pairs or self._match_query(values, query) else None

    def _match_query(self, values: dict[str, bytes], query: bytes) -> bool:
        sent = [(key, piece.partition(b"=")[2]) for key, piece in pairs(query)] if query else []
        for wanted, match, groups in self._pairs:
            for key, value in sent:
                found = match(value) if key == wanted else None
                if found is not None and _agree((*values, *groups), (*values.values(), *found.groups())):
                    values.update(zip(groups, found.groups(), strict=True))
                    break
            else:
                return False
        return True


def _agree(names: Sequence[str], values: Sequence[bytes]) -> bool:
    """A name that stands twice must have matched the same."""
    seen: dict[str, bytes] = {}
    return all(seen.setdefault(name, value) == value for name, value in zip(names, values, strict=True))


def read_template(text: str) -> Template:
    """Read a rule's `path`. Raises TemplateError."""
    if not text.startswith("/"):
        raise TemplateError("the path does not begin with /", 'write a path, such as path = "/tool/{version}/{file}"')
    if "#" in text:
        raise TemplateError("a path has no fragment", "take # and what follows it away, or write %23")
    path_text, query_text = _split(text)
    path = read_parts(path_text)
    wanted = []
    for piece in filter(None, query_text.split("&")):
        key, equals, value = piece.partition("=")
        if "{" in key or not equals:
            raise TemplateError(f"{piece} is no pair", "write key=value or key={name} after the ?")
        parts = read_parts(_blanks(value))
        wanted.append((decode(normal(_blanks(key).encode())), parts))
    everything = [*path, *(part for _, parts in wanted for part in parts)]
    return Template(
        text,
        frozenset(variables(everything)),
        sum(len(part) for part in everything if isinstance(part, bytes)) + sum(len(key) for key, _ in wanted),
        _first_segment(path),
        _matcher(path, b"[^/]+"),
        tuple(variables(path)),
        # A value has no segments, so a slash in it is one character among others.
        tuple((key, _matcher(parts, b".+"), tuple(variables(parts))) for key, parts in wanted),
    )


def _first_segment(path: Sequence[Part]) -> bytes | None:
    """Give the path's first segment where it is the same in all that match."""
    head = path[0]
    assert isinstance(head, bytes)
    segment, slash, _ = head[1:].partition(b"/")
    return segment if slash or len(path) == 1 else None


def _matcher(parts: Sequence[Part], within: bytes) -> Callable[[bytes], Any]:
    pattern = b"".join(
        re.escape(part) if isinstance(part, bytes) else b"(.+)" if part.across else b"(%s)" % within for part in parts
    )
    match: Callable[[bytes], Any] = (re if _goes_back_once(parts, within) else re2).compile(pattern).fullmatch
    return match


def _goes_back_once(parts: Sequence[Part], within: bytes) -> bool:
    """Tell whether a variable never has a second one to share the same characters with."""
    free = False
    for part in parts:
        if isinstance(part, Variable):
            if free:
                return False
            free = True
            crosses = part.across or within == b".+"
        elif free and b"/" in part and not crosses:
            free = False
    return True


@dataclass(frozen=True, slots=True)
class Target:
    """Where a rule sends: an http(s) URL on a host that is written out, with variables of the path after it."""

    text: str
    names: frozenset[str]
    _url: tuple[Part, ...]
    _pairs: tuple[tuple[bytes, tuple[Part, ...]], ...]

    def url(self, values: Values) -> bytes:
        """Give the URL without its query."""
        return expand(self._url, values)

    def pairs(self, values: Values) -> list[Pair]:
        """Give the target's own pairs of the query."""
        return [(key, expand(parts, values)) for key, parts in self._pairs]


def read_target(text: str, known: frozenset[str]) -> Target:
    """Read a rule's `target`, whose variables must be `known`. Raises TemplateError."""
    check_url(text)
    url_text, query_text = _split(text)
    url = read_parts(url_text)
    found = []
    for piece in filter(None, query_text.split("&")):
        parts = read_parts(_blanks(piece))
        key = piece.partition("=")[0]
        if "{" in key:
            raise TemplateError(f"a variable in a query's key: {key}", "write key={name}")
        found.append((decode(normal(_blanks(key).encode())), parts))
    names = frozenset(variables([*url, *(part for _, parts in found for part in parts)]))
    if names - known:
        unknown = ", ".join(f"{{{name}}}" for name in sorted(names - known))
        listed = ", ".join(f"{{{name}}}" for name in sorted(known)) or "none"
        raise TemplateError(f"the target names {unknown}, which the path has not", f"name those of the path: {listed}")
    return Target(text, names, url, tuple(found))


def check_url(text: str) -> None:
    """Hold a URL to http(s), a host written out, no user and no fragment. Raises TemplateError."""
    example = "write a URL, such as https://upstream.example.org/files"
    found = _HOST.match(text)
    if found is None:
        raise TemplateError(f"the target is no http or https URL: {text[:100]}", example)
    host = found.group(1)
    if "{" in host or "}" in host:
        raise TemplateError("a variable in the host part", "write the host out, a rule for each")
    if "@" in host:
        raise TemplateError("a user name or password in the target, which every client would be sent", "leave it out")
    authority = _AUTHORITY.fullmatch(host)
    if authority is None or not (authority.group(2) is None or 0 < int(authority.group(2)) <= MAX_PORT):
        raise TemplateError(f"no host, or no port, is in the target: {text[:100]}", example)
    if "#" in text:
        raise TemplateError("a target has no fragment", "take # and what follows it away")
    if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in text):
        raise TemplateError("a blank or control character in the target", "write %20 for a blank")
    try:
        urlsplit(text)
    except ValueError as error:
        raise TemplateError(f"the target is no URL: {error}", example) from error
