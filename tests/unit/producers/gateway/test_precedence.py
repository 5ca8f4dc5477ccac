"""Which rule takes a request, whatever their order in the file; and that no request breaks a route."""

import itertools
import random

import pytest

from producers.gateway.answer import Answer, Later, Request
from producers.gateway.routing import Router
from tests.unit.producers.gateway.asking import HOST, location, request, router, rule

DL = "https://{}.example.org"
RULES = {
    "image": rule("docker", target=DL.format("image"), images=["org/tool"]),
    "pattern": rule("docker", target=DL.format("pattern"), images=["org/*"]),
    "pixel": rule("pixel", path="/x/pixel.png", id="pixel"),
    "literal": rule("file", path="/x/lit-{v}/{f}", target=DL.format("literal") + "/{f}"),
    "template": rule("file", path="/x/{v}/{f}", target=DL.format("template") + "/{f}"),
    "regex": rule("file", regex="/[xy]/.*", target=DL.format("regex")),
    "python": rule("python", target=DL.format("python"), projects=["tool"]),
    "npm": rule("npm", target=DL.format("npm"), rewrite=False),
    "cargo": rule("cargo", target=DL.format("cargo")),
    "catch-all": rule("catch-all", target=DL.format("catch-all")),
}
DOCKER = {"user_agent": "docker/24.0"}


def taker(found: Router, path: str) -> str:
    """The key of RULES that took a path."""
    taken = found.take(request(path, **DOCKER))
    if isinstance(taken.answer, Later):
        return taken.answer.target.decode().split("/")[2].partition(".")[0]
    url = dict(taken.answer.headers).get(b"location", b"").decode()
    return url.split("/")[2].partition(".")[0] if "//" in url else taken.answer.about.rule


EXPECTED = {
    "/v2/org/tool/manifests/1": "image",
    "/v2/org/other/manifests/1": "pattern",
    "/x/pixel.png": "pixel",
    "/x/lit-1/a": "literal",
    "/x/1/a": "template",
    "/x/1/a/b": "regex",
    "/y/1": "regex",
    "/simple/tool/": "python",
    "/tool/": "python",
    "/left-pad": "npm",
    "/left-pad/-/left-pad-1.0.0.tgz": "npm",
    "/anything/else/of/npm": "npm",
}


@pytest.mark.parametrize("seed", range(20))
def test_DL2_precedence_does_not_depend_on_the_order_in_the_file(seed: int) -> None:
    names = list(RULES)
    random.Random(seed).shuffle(names)
    found = router("".join(RULES[name] for name in names))
    assert {path: taker(found, path) for path in EXPECTED} == EXPECTED


def test_DL2_each_kind_goes_before_the_next() -> None:
    """Two kinds that both take a path: the one that is named first takes it, whichever stands first."""
    order = [
        ("/v2/org/tool/manifests/1", "image", "pattern"),
        ("/x/pixel.png", "pixel", "regex"),
        ("/x/lit-1/a", "literal", "template"),
        ("/x/1/a", "template", "regex"),
        ("/simple/tool", "python", "npm"),
        ("/3/a/abc", "cargo", "catch-all"),
        ("/3/a/abc", "npm", "cargo"),
        ("/else", "npm", "catch-all"),
    ]
    for path, first, second in order:
        for pair in itertools.permutations((first, second)):
            assert taker(router("".join(RULES[name] for name in pair)), path) == first
        assert taker(router(RULES[second]), path) in (second, "docker")


@pytest.mark.parametrize("path", ["/v2/", "/v2", "/v2/org/tool/manifests/1", "/v2/x", "/v2/_catalog", "/v2/a/b/c/d"])
def test_DL2_a_route_across_segments_never_takes_what_is_dockers(path: str) -> None:
    everything = rule("file", path="/{+path}", target="https://file.example.org/{+path}")
    for rules in (everything + RULES["image"], RULES["image"] + everything):
        assert taker(router(rules), path) in ("image", "docker")
        assert taker(router(everything), path) == "file"


def test_DL2_more_literal_text_goes_first() -> None:
    paths = ["/{+a}", "/{a}/{b}", "/tool/{b}", "/tool/v{b}", "/{a}/v1.0", "/tool/v1.0"]
    rules = [rule("file", path=path, target=f"https://{number}.example.org") for number, path in enumerate(paths)]
    for order in itertools.permutations(rules):
        found = router("".join(order))
        assert location(found, "/tool/v1.0") == "https://5.example.org"
        assert location(found, "/tool/v2") == "https://3.example.org"
        assert location(found, "/tool/2") == "https://2.example.org"
        assert location(found, "/other/v1.0") == "https://4.example.org"
        assert location(found, "/other/2") == "https://1.example.org"
        assert location(found, "/a/b/c") == "https://0.example.org"


ALL = router(
    "".join(RULES.values()) + rule("file", path="/q/{+rest}?k={v}", target="https://q.example.org/{+rest}?w={v}")
)
SEEDS = [
    b"/v2/org/tool/manifests/latest", b"/v2/org/tool/blobs/sha256:00ff", b"/x/lit-1.0/file.tar.gz?a=b+c&d", b"/x/pixel.png",
    b"/simple/tool/tool-1.0-py3-none-any.whl.metadata", b"/simple/Tool", b"/simple/", b"/@scope%2fname",
    b"/@scope/name/-/name-1.0.0.tgz", b"/config.json", b"/3/a/abc", b"/api/v1/crates/abc/1.0.0/download",
    b"/q/a/b%2Fc?k=v%20w&x=%zz", b"/" + b"a/" * 300, b"/%2e%2e/x", b"/", b"*", b"http://gw.example.org/x", b"//a//b", b"",
]  # fmt: skip
BITS = [b"%", b"%2", b"%00", b"%2F", b"..", b"/", b"//", b"?", b"#", b"&", b"=", b"+", b"\x00", b"\xff", b"\r\n", b" ", b"{",
        b"}", b"%25", b"\\", b"'", b'"', b"<", b"@", b":", b"*", b";", b"\xc3\xa9", b"A" * 50]  # fmt: skip


def mutated(chance: random.Random) -> Request:
    target = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randrange(5)):
        place = chance.randrange(len(target) + 1)
        match chance.randrange(4):
            case 0:
                target[place:place] = chance.choice(BITS)
            case 1:
                del target[place : place + chance.randrange(8)]
            case 2:
                target[place : place + 1] = bytes((chance.randrange(256),))
            case _:
                target[place:place] = chance.choice(SEEDS)
    path, _, query = bytes(target).partition(b"?")
    headers = {
        name: bytes(chance.choices(b'aq=;,*/"W. \xff0123', k=chance.randrange(30)))
        for name in (b"accept", b"if-none-match", b"user-agent", b"authorization", b"range")
        if chance.random() < 0.5
    }
    host = chance.choice([HOST.encode(), HOST.upper().encode() + b".:80", b"", b"[", b"\xff", b":", HOST.encode()])
    return Request(chance.choice([b"GET", b"HEAD", b"GET", b"POST", b"\xff"]), host, path, query, headers)


def test_DL7_ten_thousand_mutated_requests_are_answered() -> None:
    chance = random.Random(7)
    statuses = set()
    for _ in range(10_000):
        one = mutated(chance)
        answer = ALL.route(one)
        if isinstance(answer, Answer):
            statuses.add(answer.status)
            assert 200 <= answer.status < 500, one
            for name, value in answer.headers:
                assert value.isascii(), (one, name, value)
                assert not set(value) & set(b"\r\n\x00"), (one, name, value)
        about = answer.about
        assert all(value is None or len(value) <= 300 for value in (about.project, about.version, about.file))
    assert statuses >= {200, 301, 302, 307, 404, 405}
