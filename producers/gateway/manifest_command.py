"""`headcount gateway check|explain`: what a manifest says, without serving it."""

import asyncio
import json
import re
from typing import Any, Final
from urllib.parse import urlsplit

import click

from headcount import __version__
from producers.gateway.answer import Answer, Later, Request, RuleType
from producers.gateway.manifest import Manifest, ManifestError, Problem, load_manifest
from producers.gateway.manifest.advice import advice
from producers.gateway.manifest.problems import place
from producers.gateway.paths import fit
from producers.gateway.routing import Router, Taken
from producers.gateway.upstream import Upstreams

_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_ASKED: Final = frozenset({RuleType.PYTHON, RuleType.CARGO})
"""Rules whose target depends on what their upstream says now."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object on one line.")
@click.argument("file")
@click.pass_context
def check(context: click.Context, file: str, as_json: bool) -> None:
    """Read the manifest FILE and say all that is wrong with it, with line, key and what to do.

    Exits with 0 where it can be served, with 1 where it cannot.

    Example: headcount gateway check gateway.toml
    """
    problems: tuple[Problem, ...] = ()
    manifest = Manifest(file, ())
    try:
        manifest = load_manifest(file)
    except ManifestError as error:
        problems = error.problems
    rules = sum(len(domain.rules) for domain in manifest.domains)
    advised = advice(manifest)
    if as_json:
        counts = {"ok": not problems, "file": file, "domains": len(manifest.domains), "rules": rules}
        row = {**counts, "problems": [_row(each) for each in problems], "advice": [_row(each) for each in advised]}
        click.echo(json.dumps(row))
    else:
        for word, each in [*(("error", each) for each in problems), *(("warning", each) for each in advised)]:
            where = place(file, each)
            click.echo(f"{word}: {each.what}\n  where: {where}\n  what to do: {each.do}", err=True)
        if not problems:
            click.echo(f"{file} can be served: domains {len(manifest.domains)}, rules {rules}")
    if problems:
        context.exit(1)


def _row(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "key": problem.key, "what": problem.what, "do": problem.do}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object on one line.")
@click.option("--method", default="GET", show_default=True, help="The request's method.")
@click.option("--header", "headers", multiple=True, help="A header, such as 'User-Agent: docker/24.0'; again for more.")
@click.option("--offline", is_flag=True, help="Ask no upstream: say only what would be asked.")
@click.argument("file")
@click.argument("url")
def explain(file: str, url: str, method: str, headers: tuple[str, ...], as_json: bool, offline: bool) -> None:
    """Show what the manifest FILE makes of a request for URL: which rule takes it, with what outcome, and the target.

    Where that depends on what an upstream has, the upstream is asked, as the gateway would.

    Example: headcount gateway explain gateway.toml https://downloads.example.org/tool/1.0/tool.tar.gz
    """
    request = _request(url, method, headers)
    row = asyncio.run(_explain(load_manifest(file), request, offline=offline))
    if as_json:
        click.echo(json.dumps(row))
    else:
        for key, value in row.items():
            click.echo(f"{key + ':':<10}{'-' if value is None else value}")


def _request(url: str, method: str, headers: tuple[str, ...]) -> Request:
    given = url if _SCHEME.match(url) else f"http://{url}"
    try:
        parts = urlsplit(given)
        host = parts.netloc.rpartition("@")[2]
    except ValueError as error:
        raise click.BadParameter(f"{url!r} is no URL: {error}", param_hint="URL") from error
    if not host:
        raise click.BadParameter(f"{url!r} names no host", param_hint="URL")
    named = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon:
            raise click.BadParameter(f"{header!r} is no header: write 'Name: value'", param_hint="--header")
        named[name.strip().lower().encode()] = value.strip().encode()
    path = fit((parts.path or "/").encode())
    return Request(
        method.encode(), host.encode(), path, fit(parts.query.encode()), named, parts.scheme.lower().encode()
    )


async def _explain(manifest: Manifest, request: Request, *, offline: bool) -> dict[str, Any]:
    upstreams = Upstreams(agent=f"headcount-gateway/{__version__}")
    taken = Router(manifest, upstreams).take(request)
    answer: Any = taken.answer
    try:
        if isinstance(answer, Later) and not offline and answer.about.rule in _ASKED:
            answer = await answer.answer(upstreams)
    finally:
        await upstreams.close()
    about = answer.about
    return {
        "route": None if about.rule is RuleType.NONE else str(about.rule),
        "line": None if taken.rule is None else taken.rule.line,
        "outcome": _outcome(answer),
        "status": answer.status if isinstance(answer, Answer) else None,
        "target": _target(taken, answer),
        "kind": str(about.kind),
        "project": about.project,
        "version": about.version,
        "platform": about.platform,
        "file": about.file,
    }


def _outcome(answer: Answer | Later) -> str:
    if isinstance(answer, Later):
        return "proxy" if answer.about.rule is RuleType.DOCKER else "ask upstream"
    if 300 <= answer.status < 400 and answer.status != 304:
        return "redirect"
    return {200: "answer", 404: "not found", 405: "wrong method", 406: "not acceptable", 503: "upstream away"}.get(
        answer.status, "answer"
    )


def _target(taken: Taken, answer: Answer | Later) -> str | None:
    if isinstance(answer, Later):
        return answer.target.decode("latin-1")
    location = dict(answer.headers).get(b"location")
    if location is not None:
        return location.decode("latin-1")
    # A page is made of its upstream's; of a file that is on none, that is where it was looked for.
    later = taken.answer
    return later.target.decode("latin-1") if isinstance(later, Later) else None
