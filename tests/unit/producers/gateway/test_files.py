"""File routes, the pixel, the catch-all, queries and path tricks."""

import re
import struct
import zlib
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from producers.gateway.answer import Answer
from producers.gateway.paths import is_trick, normal
from producers.gateway.template import read_target, read_template
from tests.unit.producers.gateway.asking import ask, header, location, router, rule

DL = "https://dl.example.org"
TOOL = rule("file", path="/tool/{version}/{file}", target=f"{DL}/{{version}}/{{file}}")


def sent(rules: str, url: str | bytes) -> str | None:
    return location(router(rules), url)


def test_DL25_the_examples_of_the_row() -> None:
    assert sent(TOOL, "/tool/1.0/tool.tar.gz") == f"{DL}/1.0/tool.tar.gz"
    assert sent(TOOL, "/tool/a+b/x") == f"{DL}/a%2Bb/x"
    across = rule("file", path="/tool/{+path}", target=f"{DL}/{{+path}}")
    assert sent(across, "/tool/a+b/c/d") == f"{DL}/a+b/c/d"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/tool/1.0/a%20b", "/1.0/a%20b"),
        ("/tool/1.0/a%2Fb", "/1.0/a%2Fb"),
        ("/tool/1.0/a%2fb", "/1.0/a%2Fb"),
        ("/tool/1.0/%61", "/1.0/a"),
        ("/t%6Fol/1.0/a", "/1.0/a"),
        ("/tool/1.0/%C3%A9", "/1.0/%C3%A9"),
        ("/tool/1.0/é", "/1.0/%C3%A9"),
        ("/tool/1.0/%FF", "/1.0/%FF"),
        ("/tool/1.0/100%", "/1.0/100%25"),
        ("/tool/1.0/a%25b", "/1.0/a%25b"),
        ("/tool/1.0/a:b@c;d=e,f!g$h'(i)*", "/1.0/a%3Ab%40c%3Bd%3De%2Cf%21g%24h%27%28i%29%2A"),
        ("/tool/1.0/%0d%0aX", "/1.0/%0D%0AX"),
        ("/tool/1.0/a#b", "/1.0/a"),
        ("/tool/1.0/a%23b", "/1.0/a%23b"),
        ("/tool/1.0/~a_b.c-d", "/1.0/~a_b.c-d"),
        ("/tool/1.0", None),
        ("/tool/1.0/", None),
        ("/tool//a", None),
        ("/tool/1.0/a/b", None),
        ("/tool/1.0/a/", None),
        ("/x/tool/1.0/a", None),
        ("/Tool/1.0/a", None),
        ("/tool/1.0%2Fa", None),
        ("/", None),
    ],
)
def test_DL25_a_segment_is_a_segment(path: str, target: str | None) -> None:
    assert sent(TOOL, path) == (None if target is None else DL + target)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/x/a/b/c", "/a/b/c"),
        ("/x/a%2Fb/c+d", "/a%2Fb/c+d"),
        ("/x/a//b/", "/a//b/"),
        ("/x//evil.example.org/", "//evil.example.org/"),
        ("/x/a b", "/a%20b"),
        ("/x/é%c3%a9", "/%C3%A9%C3%A9"),
        ("/x/@evil.example.org", "/@evil.example.org"),
        ("/x/", None),
        ("/x", None),
    ],
)
def test_DL25_a_variable_across_segments(path: str, target: str | None) -> None:
    across = rule("file", path="/x/{+path}", target=f"{DL}/{{+path}}")
    assert sent(across, path) == (None if target is None else DL + target)


def test_DL25_several_variables_in_a_segment_take_as_much_as_they_can_from_the_left() -> None:
    rules = rule("file", path="/{name}-{version}.tar.gz", target=f"{DL}/{{name}}/{{version}}")
    assert sent(rules, "/my-tool-1.0.tar.gz") == f"{DL}/my-tool/1.0"
    twice = rule("file", path="/{v}/tool-{v}.zip", target=f"{DL}/{{v}}")
    assert sent(twice, "/1.0/tool-1.0.zip") == f"{DL}/1.0"
    assert sent(twice, "/1.0/tool-1.1.zip") is None


def test_DL25_a_query_must_be_there_in_any_order() -> None:
    rules = rule("file", path="/get?tool={tool}&os=linux", target=f"{DL}/{{tool}}?t={{tool}}")
    assert sent(rules, "/get?tool=a&os=linux") == f"{DL}/a?t=a&tool=a&os=linux"
    assert sent(rules, "/get?x=1&os=linux&tool=a%2Bb") == f"{DL}/a%2Bb?t=a%2Bb&x=1&os=linux&tool=a%2Bb"
    assert sent(rules, "/get?os=mac&os=linux&tool=a/b") == f"{DL}/a%2Fb?t=a%2Fb&os=mac&os=linux&tool=a/b"
    assert sent(rules, "/get?%74ool=a&os=%6Cinux") == f"{DL}/a?t=a&tool=a&os=linux"
    for query in ("", "?", "?tool=a", "?tool=&os=linux", "?tool=a&os=linuxx", "?tool=a&OS=linux", "?tool=a;os=linux"):
        assert sent(rules, "/get" + query) is None, query


def test_DL25_a_blank_in_a_templates_query_is_one_however_it_is_written() -> None:
    rules = rule("file", path="/get?a=x+y", target=f"{DL}/z?b=1+2")
    assert sent(rules, "/get?a=x%20y") == f"{DL}/z?b=1%202&a=x%20y"
    assert sent(rules, "/get?a=x+y") == f"{DL}/z?b=1%202&a=x%20y"


def test_DL25_without_a_target_it_is_seen_and_without_a_match_404() -> None:
    rules = router(rule("file", path="/ping/{version}"))
    answer = ask(rules, "/ping/1.0?x=1")
    assert (answer.status, answer.body, header(answer, "cache-control")) == (200, b"", "no-store")
    assert (answer.about.rule, answer.about.version, answer.about.file) == ("file", "1.0", "1.0")
    assert ask(rules, "/pong/1.0").status == 404


def test_DL25_project_version_and_platform_are_kept_and_no_other_variable() -> None:
    rules = router(
        rule("file", path="/{project}/{version}/{platform}/{token}/x", target=f"{DL}/{{token}}", project="none")
        + rule("file", path="/named/{version}", project="named")
        + rule("file", path="/plain/{x}")
    )
    about = ask(rules, "/my-tool/1.2/linux-amd64/s3cr3t/x").about
    assert (about.project, about.version, about.platform, about.file) == ("my-tool", "1.2", "linux-amd64", "x")
    assert "s3cr3t" not in repr(about)
    assert ask(rules, "/named/2.0").about.project == "named"
    assert ask(rules, "/plain/1").about.project == "/plain/{x}"


@given(
    values=st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8), min_size=2, max_size=2)
)
@example(values=["a/b", "%2F"])
def test_DL25_what_is_encoded_by_the_rules_of_urls_is_matched_and_expanded(values: list[str]) -> None:
    """Encoding a value, matching it and expanding it gives the value encoded (RFC 6570, 3.2.2)."""
    template = read_template("/a/{x}/{y}.gz")
    target = read_target(f"{DL}/{{y}}/{{x}}", template.names)
    x, y = (quote(value, safe="") for value in values)
    path = f"/a/{x}/{y}.gz".encode()
    assume(not is_trick(path))
    found = template.match(normal(path), b"")
    assert found is not None
    assert target.url(found) == f"{DL}/{y}/{x}".encode()


@given(st.binary(max_size=40))
def test_DL25_any_path_that_matches_is_sent_to_the_host_that_is_written_out(path: bytes) -> None:
    found = router(rule("file", path="/{+path}", target=f"{DL}/{{+path}}"))
    answer = ask(found, b"/" + path.replace(b"?", b""))
    if answer.status != 404:
        url = dict(answer.headers)[b"location"]
        assert re.fullmatch(rb"https://dl\.example\.org/[!-~]+", url)
        assert not is_trick(url.removeprefix(DL.encode()))


def test_DL25_a_thousand_variables_take_no_time() -> None:
    """Linear: with a backtracking expression these would take hours."""
    rules = router(rule("file", path="/" + "/".join(f"{{+v{n}}}" for n in range(12)) + "/end"))
    assert ask(rules, "/" + "/a" * 2000).status == 404
    same = router(rule("file", path="/" + "".join(f"{{v{n}}}" for n in range(12)) + "x"))
    assert ask(same, "/" + "a" * 4000).status == 404


def test_DL26_a_regular_expression_matches_the_whole_path() -> None:
    for group in ("?P<version>", "?<version>"):
        rules = rule("file", regex=f"/r/({group}[0-9.]+)/(?P<f>.+)", target=f"{DL}/{{version}}/{{f}}/{{+f}}")
        assert sent(rules, "/r/1.0/a/b%2fc") == f"{DL}/1.0/a%2Fb%2Fc/a/b%2Fc"
        assert sent(rules, "/r/1.0/") is None
        assert sent(rules, "/x/r/1.0/a") is None
        assert sent(rules, "/r/x/a") is None
    absent = rule("file", regex="/o(?P<x>a)?", target=f"{DL}/{{x}}")
    assert sent(absent, "/o") == f"{DL}/"


def test_DL27_the_catch_all_keeps_path_query_and_encoding() -> None:
    rules = router(rule("catch-all", target="https://www.example.org"))
    for path in ("/", "/a/b", "/a%2fb%2Fc/%7E", "/a//b/", "/a;b=c", "/%zz", "/a?b=c&b=d", "/%e9"):
        assert location(rules, path) == f"https://www.example.org{path}"
    assert location(rules, "/é") == "https://www.example.org/%C3%A9"
    assert location(rules, "/a?") == "https://www.example.org/a"
    based = router(rule("catch-all", target="https://www.example.org/base/?k=v", redirect=307))
    answer = ask(based, "/a?x=1&k=2")
    assert (answer.status, header(answer, "location")) == (307, "https://www.example.org/base/a?k=v&x=1")
    assert answer.about.project is None
    assert ask(router(rule("catch-all")), "/anything").status == 200


def test_DL28_the_pixel_is_a_transparent_image() -> None:
    rules = router(rule("pixel", path="/a/p.png", id="readme"))
    answer = ask(rules, "/a/p.png?page=x")
    assert answer.status == 200
    assert header(answer, "content-type") == "image/png"
    assert header(answer, "cache-control") == "no-cache, no-store, must-revalidate"
    assert (answer.about.rule, answer.about.kind, answer.about.project) == ("pixel", "pixel", "readme")
    assert ask(rules, "/a/p.png", b"HEAD") == answer
    assert ask(rules, "/a/p.pn").status == 404
    assert pixels(answer.body) == [(0, 0, 0, 0)]


def pixels(png: bytes) -> list[tuple[int, ...]]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        content = png[place + 8 : place + 8 + length]
        (crc,) = struct.unpack(">I", png[place + 8 + length : place + 12 + length])
        assert crc == zlib.crc32(kind + content)
        chunks[kind] = content
        place += 12 + length
    assert struct.unpack(">IIBB", chunks[b"IHDR"][:10]) == (1, 1, 8, 6)
    return [tuple(zlib.decompress(chunks[b"IDAT"])[1:])]


TRICKS = ["/..", "/../x", "/a/../b", "/a/..", "/a/.", "/./a", "/%2e%2e/a", "/%2E./a", "/a/.%2e", "/a%2f..%2fb", "/a%2F..",
          "/a\\..\\b", "/a%5c..%5cb", "/%252e%252e/a", "/%25252e%25252e/a", "/a%00b", "/\x00", "/a/..;/b", "/a/..;x=1/b",
          "/%2e", "/%2e/", "//..//"]  # fmt: skip


@pytest.mark.parametrize("path", TRICKS)
def test_DL7_path_tricks_are_404(path: str) -> None:
    rules = router(rule("catch-all", target=DL) + rule("file", path="/{+x}", target=f"{DL}/{{+x}}"))
    answer = ask(rules, path)
    assert (answer.status, answer.about.rule) == (404, "none")


@pytest.mark.parametrize("path", ["/...", "/a..b", "/..a", "/a..", "/.well-known/x", "/a.", "/.a", "/%2e%2ea", "/-.."])
def test_DL7_dots_in_a_name_are_no_trick(path: str) -> None:
    assert ask(router(rule("catch-all", target=DL)), path).status == 302


def test_DL7_variables_that_climb_only_together_are_404_too() -> None:
    rules = rule("file", path="/a{x}b/c{y}d", target=f"{DL}/{{x}}{{y}}/secret")
    assert ask(router(rules), "/a.b/c.d").status == 404
    assert ask(router(rules), "/a.b/cxd").status == 302


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"get", b"FOO", b""])
def test_DL7_other_methods_are_405(method: bytes) -> None:
    rules = router(TOOL)
    # Also once the answer to GET is known.
    ask(rules, "/tool/1.0/private-name")
    for path in ("/tool/1.0/private-name", "/nothing", "/../x", "*"):
        answer = ask(rules, path, method)
        assert answer.status == 405
        assert header(answer, "allow") == "GET, HEAD"
        assert "private-name" not in repr(answer.about)


def test_DL7_HEAD_is_answered_as_GET() -> None:
    rules = router(TOOL + rule("catch-all"))
    for path in ("/tool/1.0/a", "/x", "/../"):
        assert ask(rules, path, b"HEAD") == ask(rules, path)


def test_DL4_a_redirect_is_not_kept_and_has_no_body() -> None:
    for status in (302, 307):
        rules = router(rule("file", path="/x", target=f"{DL}/y", redirect=status))
        answers: list[Answer] = [ask(rules, "/x", user_agent=agent) for agent in ("a", "b")]
        assert answers[0] == answers[1]
        assert (answers[0].status, answers[0].body) == (status, b"")
        assert header(answers[0], "cache-control") == "no-store"
