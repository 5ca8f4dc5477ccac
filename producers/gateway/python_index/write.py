"""An IndexPage → what the gateway answers: both representations, with links here, and where each file really is."""

import hashlib
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from producers.gateway.manifest.model import normal_name
from producers.gateway.python_index.accept import MediaType
from producers.gateway.python_index.index_page import METADATA_KEYS, IndexFile, IndexPage, is_web
from producers.gateway.python_index.pages import Body, Link, Page

PREFIX: Final = "/simple/"
ANSWER_BYTES: Final = 1_200
"""What a file costs in memory beside the bodies: its link, and the answer that is made when it is first asked for."""


def write_page(page: IndexPage, project: str) -> Page:
    """Write a project's page; `project` is its normal name."""
    html_body = _html(page, project).encode("utf-8", "replace")
    bodies = as_bodies(html_body, _json(page, project))
    links: dict[str, Link] = {}
    for file in page.files:
        links.setdefault(file.name, _link(file))
    size = sum(len(body.content) for body in bodies.values()) - len(html_body) + len(links) * ANSWER_BYTES
    return Page(bodies, links, size=size)


def write_root(projects: Iterable[str]) -> Mapping[MediaType, Body]:
    """Write the page that lists projects."""
    named = sorted(set(projects))
    anchors = "".join(f'<a href="{PREFIX}{normal_name(name)}/">{html.escape(name)}</a><br>\n' for name in named)
    facts = {"meta": {"api-version": "1.0"}, "projects": [{"name": name} for name in named]}
    return as_bodies(_document("Simple index", (), anchors).encode(), _dumps(facts))


def as_bodies(html_body: bytes, json_body: bytes) -> Mapping[MediaType, Body]:
    """Give each representation its validator; v1+html and text/html are two, though of the same bytes (DL17)."""
    contents = {MediaType.HTML: html_body, MediaType.V1_HTML: html_body, MediaType.V1_JSON: json_body}
    return {
        media_type: Body(b'"%s"' % _digest(media_type, content), content) for media_type, content in contents.items()
    }


def _digest(media_type: MediaType, content: bytes) -> bytes:
    return hashlib.sha256(media_type.encode() + b"\0" + content).hexdigest()[:32].encode()


def _href(file: IndexFile, project: str) -> str:
    fragment = f"#{file.fragment}" if file.fragment else ""
    return f"{PREFIX}{project}/{quote(file.name, safe='')}{fragment}"


def _html(page: IndexPage, project: str) -> str:
    anchors = "".join(
        f"<a {_attributes([('href', _href(file, project)), *file.attributes])}>{html.escape(file.text)}</a><br>\n"
        for file in page.files
    )
    return _document(f"Links for {project}", page.metas, f"<h1>Links for {html.escape(project)}</h1>\n{anchors}")


def _document(title: str, metas: Sequence[tuple[str, str]], body: str) -> str:
    said = metas or (("pypi:repository-version", "1.0"),)
    head = "".join(f"<meta {_attributes([('name', name), ('content', content)])}>\n" for name, content in said)
    return (
        "<!DOCTYPE html>\n<html>\n<head>\n"
        f"{head}<title>{html.escape(title)}</title>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _attributes(attributes: Sequence[tuple[str, str | None]]) -> str:
    return " ".join(name if value is None else f'{name}="{html.escape(value)}"' for name, value in attributes)


def _json(page: IndexPage, project: str) -> bytes:
    files = []
    for file in page.files:
        written = dict(file.facts)
        fragment = f"#{file.json_fragment}" if file.json_fragment else ""
        written["url"] = f"{PREFIX}{project}/{quote(file.name, safe='')}{fragment}"
        files.append(written)
    return _dumps({**page.facts, "files": files})


def _dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _link(file: IndexFile) -> Link:
    facts = file.facts
    provenance = facts.get("provenance")
    return Link(
        file.url,
        any(facts.get(key) for key in METADATA_KEYS),
        # Most pages say nothing of signatures, also where there are some.
        facts.get("gpg-sig") is not False,
        provenance if isinstance(provenance, str) and is_web(provenance) else None,
    )
