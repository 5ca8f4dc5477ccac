"""Rules that would take the same request: which of them does must not depend on the order in the file (DL2)."""

from collections.abc import Iterator, Sequence

from producers.gateway.manifest.model import (
    CargoRule,
    CatchAllRule,
    DockerRule,
    Domain,
    FileRule,
    NpmRule,
    PixelRule,
    PythonRule,
    Rule,
)
from producers.gateway.manifest.problems import Problem
from producers.gateway.template import Variable, read_parts

_DO = "take one of the two away, or merge them"


def clashes(domains: Sequence[Domain]) -> list[Problem]:
    """Give a problem for each thing that stands twice, at its second place."""
    problems: list[Problem] = []
    hosts: dict[str, int] = {}
    for domain in domains:
        first = hosts.setdefault(domain.host, domain.line)
        if first != domain.line:
            what = f"{domain.host} has a domain already, in line {first}"
            problems.append(Problem(domain.line, "domain.host", what, "put all rules of a host into one domain"))
        taken: dict[tuple[str, ...], int] = {}
        for rule in domain.rules:
            for key, what in _claims(rule):
                line = taken.setdefault(key, rule.line)
                if line != rule.line:
                    problems.append(Problem(rule.line, "domain.rule", f"{what} is taken already, in line {line}", _DO))
    return problems


def _claims(rule: Rule) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give what a rule takes for itself, and how a person calls it."""
    match rule:
        case PythonRule() | NpmRule() | CargoRule():
            kind = type(rule).__name__
            if rule.projects.listed is None:
                yield (kind,), 'projects = "*"'
            for name in sorted(rule.projects.normal):
                yield (kind, name), f"the project {name}"
        case DockerRule():
            for name in rule.images:
                yield ("image", name), f"the image {name}"
            for text, pattern in rule.patterns:
                yield ("pattern", pattern), f"the pattern {text}"
        case PixelRule():
            yield ("pixel", rule.path.decode()), f"the path {rule.path.decode()}"
        case FileRule() if rule.template is not None:
            yield ("template", *_shape(rule.template.text)), f"the path {rule.template.text}"
        case FileRule():
            yield ("regex", rule.regex.pattern.decode()), "this regular expression"
        case CatchAllRule():
            yield ("catch-all",), "all that no other rule takes"


def _shape(text: str) -> tuple[str, ...]:
    """Give a template without the names of its variables."""
    path, _, query = text.partition("?")
    pieces = [path, *sorted(query.split("&"))]
    return tuple(
        "".join(
            ("{+}" if part.across else "{}") if isinstance(part, Variable) else part.decode()
            for part in read_parts(piece)
        )
        for piece in pieces
    )
