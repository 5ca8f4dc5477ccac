"""A page in JSON and one in HTML, and what stands for the pages at hand and for an upstream."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest

from producers.gateway.python_index.index_page import read_index
from producers.gateway.python_index.pages import Outcome, Page
from producers.gateway.python_index.write import write_page
from producers.gateway.routing import Router
from tests.unit.producers.gateway.asking import router, rule

UPSTREAM = "https://upstream.example.org/simple/"
PAGE = UPSTREAM + "my-tool/"
FILES = "https://files.example.org/packages/ab"
V1_JSON = "application/vnd.pypi.simple.v1+json"
V1_HTML = "application/vnd.pypi.simple.v1+html"
WHEEL = "my_tool-1.0-py3-none-any.whl"
SDIST = "my_tool-1.0.tar.gz"

JSON: dict[str, Any] = {
    "meta": {"api-version": "1.4", "_last-serial": 7, "tracks": ["https://other.example.org/simple/my-tool/"]},
    "name": "My.Tool",
    "versions": ["0.9", "1.0"],
    "alternate-locations": ["https://third.example.org/simple/my-tool/"],
    "project-status": {"status": "archived", "reason": "a & b"},
    "x-unknown": {"deep": [1, None, 2.5]},
    "files": [
        {
            "filename": WHEEL,
            "url": f"{FILES}/{WHEEL}",
            "hashes": {"md5": "00", "sha256": "11aa"},
            "requires-python": ">=3.8,<4",
            "core-metadata": {"sha256": "22bb"},
            "data-dist-info-metadata": {"sha256": "22bb"},
            "size": 1234,
            "upload-time": "2026-01-02T03:04:05.678901Z",
            "yanked": False,
            "gpg-sig": True,
            "provenance": "https://upstream.example.org/integrity/my-tool/1.0/provenance",
            "x-unknown": "kept",
        },
        {
            "filename": SDIST,
            "url": f"../../packages/{SDIST}#sha256=33cc",
            "hashes": {"sha256": "33cc"},
            "requires-python": None,
            "core-metadata": False,
            "yanked": 'broken <on> "x"',
            "gpg-sig": False,
            "provenance": None,
        },
        {"filename": "my_tool-0.9+local.zip", "url": f"{FILES}/my_tool-0.9%2Blocal.zip", "hashes": {}, "yanked": True},
    ],
}

HTML = f"""<!DOCTYPE html><html><head>
<meta name="pypi:repository-version" content="1.1"><meta name="pypi:project-status" content="quarantined">
<base href="https://files.example.org/packages/"><title>x</title></head><body>
<!-- <a href="no.whl">no.whl</a> -->
<h1>Links for my-tool</h1>
<a href="ab/{WHEEL}#sha256=11aa" data-requires-python="&gt;=3.8,&lt;4" data-core-metadata="sha256=22bb"
   data-dist-info-metadata="sha256=22bb" data-x-unknown='k"ept'>{WHEEL}</a><br/>
<A HREF="https://files.example.org/packages/{SDIST}#egg=x&amp;md5=44" data-yanked data-gpg-sig="true"> {SDIST}
</A>
<a href="ab/my_tool-0.9%2Blocal.zip" data-yanked="old" data-core-metadata="true" data-provenance="https://p.example.org/x">z</a>
<a href="javascript:alert(1)">bad.whl</a><a href="ftp://files.example.org/bad.whl">bad.whl</a>
<a href="https://www.example.org/">home</a><a name="x">anchor</a>
</body></html>"""


@dataclass
class Held:
    """Pages that are at hand, by project; `stale` ones are not fresh."""

    pages: dict[str, Page] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)

    def at_hand(self, index: str, project: str) -> Page | None:
        assert index == UPSTREAM
        return self.pages.get(project)

    def fresh(self, index: str, project: str) -> Page | None:
        return None if project in self.stale else self.at_hand(index, project)


@dataclass
class Asked:
    """Upstreams that have what they are given, and know what they were asked."""

    has: Page | Outcome
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def page(self, index: str, project: str) -> Page | Outcome:
        self.asked.append((index, project))
        return self.has


def run(coroutine: Any) -> Any:
    """Run what waits for nothing."""
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    return done.value.value


def page(content: str | bytes | dict[str, Any] = "", kind: str = V1_JSON) -> Page:
    body = json.dumps(content) if isinstance(content, dict) else content
    return write_page(read_index(body.encode() if isinstance(body, str) else body, kind, PAGE, "my-tool"), "my-tool")


LISTED = rule("python", target=UPSTREAM, projects=["My.Tool", "other"])
ALL = rule("python", target=UPSTREAM, projects="*")
JSON_PAGE, HTML_PAGE = page(JSON), page(HTML, "text/html; charset=utf-8")


def served(rules: str = LISTED, held: Page = JSON_PAGE, **more: Any) -> Router:
    return router(rules, Held({"my-tool": held}, **more))


class Anchors(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.metas: list[tuple[str | None, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append({**dict(attrs), "text": ""})
        elif tag == "meta":
            self.metas.append((dict(attrs)["name"], dict(attrs)["content"]))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1]["text"] = f"{self.found[-1]['text']}{data.strip()}"
