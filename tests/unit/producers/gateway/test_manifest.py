"""Manifests: what is read, and what is said of those that cannot be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.gateway.manifest import (
    CargoRule,
    CatchAllRule,
    DockerRule,
    FileRule,
    ManifestError,
    NpmRule,
    PixelRule,
    PythonRule,
    load_manifest,
    read_manifest,
)
from producers.gateway.manifest.advice import advice
from producers.gateway.routing import Router
from tests.unit.producers.gateway.asking import HOST, ask, location, router, rule

EXAMPLE = Path(__file__).parents[4] / "docs" / "gateway.example.toml"
TARGET = "https://upstream.example.org/simple/"
ONE = f'[[domain]]\nhost = "{HOST}"\n'


def problems(text: str) -> list[tuple[int | None, str, str, str]]:
    with pytest.raises(ManifestError) as raised:
        read_manifest(text, "m.toml")
    return [(each.line, each.key, each.what, each.do) for each in raised.value.problems]


def problem(rules: str) -> tuple[int | None, str, str, str]:
    (only,) = problems(ONE + rules)
    return only


def test_DL1_every_type_of_rule_is_read() -> None:
    manifest = load_manifest(str(EXAMPLE))
    kinds = {type(rule) for domain in manifest.domains for rule in domain.rules}
    assert kinds == {PythonRule, NpmRule, CargoRule, DockerRule, FileRule, PixelRule, CatchAllRule}
    assert advice(manifest) == []


@pytest.mark.parametrize("kind", ["python", "npm", "cargo", "docker", "file", "catch-all"])
@pytest.mark.parametrize("status", [302, 307])
def test_DL1_DL4_each_rule_has_its_redirect(kind: str, status: int) -> None:
    more = {"python": {"projects": "*"}, "docker": {"images": ["a/b"]}, "file": {"path": "/x"}}.get(kind, {})
    text = ONE + rule(kind, target="https://upstream.example.org/a", redirect=status, **more)
    (read,) = read_manifest(text, "m").domains[0].rules
    assert not isinstance(read, PixelRule)
    assert read.redirect == status


@pytest.mark.parametrize("status", [301, 308, 303, 200, 0])
def test_DL4_a_redirect_that_clients_keep_is_refused(status: int) -> None:
    line, key, what, do = problem(rule("catch-all", target=TARGET, redirect=status))
    assert (line, key) == (6, "domain.rule.redirect")
    assert str(status) in what
    assert do == "write 302 or 307"


@pytest.mark.parametrize(
    "host",
    [
        "gw.example.org",
        "GW.EXAMPLE.ORG",
        "gw.example.org:8080",
        "gw.example.org.",
        "Gw.Example.Org.:80",
        "gw.example.org:",
    ],
)
def test_DL1_hosts_match_without_case_port_and_final_dot(host: str) -> None:
    pixel = rule("pixel", path="/p.png", id="p")
    assert ask(router(pixel), "/p.png", host=host).status == 200
    text = f'[[domain]]\nhost = "{host}"\n{pixel}'
    assert read_manifest(text, "m").domains[0].host == HOST


@pytest.mark.parametrize(
    "host",
    [
        "",
        "other.example.org",
        "x.gw.example.org",
        "gw.example.org..",
        ":80",
        "[",
        "[::1]",
        "gw.example.org:x",
        "gw.example.org:80:80",
        "gw.example.org:123456",
        "gw.example.org/",
    ],
)
def test_DL1_an_unknown_host_gets_404(host: str) -> None:
    answer = ask(router(rule("catch-all", target=TARGET)), "/p.png", host=host)
    assert answer.status == 404
    assert answer.about.rule == "none"


def test_DL1_addresses_are_hosts_too() -> None:
    for said, asked in (("127.0.0.1", "127.0.0.1:8080"), ("[::1]", "[::1]:8080"), ("localhost:1", "localhost")):
        manifest = read_manifest(f'[[domain]]\nhost = "{said}"\n' + rule("pixel", path="/p", id="p"), "m")
        assert ask(Router(manifest), "/p", host=asked).status == 200


def test_DL1_everything_that_is_wrong_is_said_at_once_with_line_and_key() -> None:
    text = """\
[[domain]]
host = "a.example.org"
[[domain.rule]]
type = "python"  # no projects
target = "https://upstream.example.org/simple/"

  [[domain.rule]]
  type = "file"
  path = "/{a}"
  target = "https://{a}.example.org/x"

[[domain]]
hots = "b.example.org"
[[domain.rule]]
type = "pyton"
"""
    found = [(line, key) for line, key, _, _ in problems(text)]
    assert found == [(3, "domain.rule"), (10, "domain.rule.target"), (13, "domain.hots"), (15, "domain.rule.type")]
    with pytest.raises(ManifestError) as raised:
        read_manifest(text, "m.toml")
    assert raised.value.where == "m.toml:3: domain.rule"
    assert "3 more" in raised.value.what


@pytest.mark.parametrize(
    ("rules", "key", "what", "do"),
    [
        ("[[domain.rule]]\n", "domain.rule", "type is missing", 'type = "python"'),
        (rule("telemetry"), "domain.rule.type", "no type 'telemetry'", "not built yet"),
        (rule("docker", target=TARGET), "domain.rule", "images is missing", "images ="),
        (rule("docker", target=TARGET, images=["A/b"]), "domain.rule.images", "neither an image", "lower case"),
        (rule("docker", target=TARGET, images=["{a/b"]), "domain.rule.images", "neither an image", "either of two"),
        (rule("docker", target=TARGET, images=[]), "domain.rule.images", "an empty list", "name at least one"),
        (rule("docker", target=TARGET, images=[1]), "domain.rule.images", "1 is no name", "in quotes"),
        (rule("python", target=TARGET), "domain.rule", "projects is missing", 'projects = "*"'),
        (rule("python", target=TARGET, projects="tool"), "domain.rule.projects", "is a text", 'projects = ["tool"]'),
        (rule("python", target=TARGET, projects=["-x"]), "domain.rule.projects", "no project's name", "write names"),
        (rule("python", projects="*"), "domain.rule", "target is missing", "upstream.example.org"),
        (rule("python", target="ftp://x/", projects="*"), "domain.rule.target", "no http or https URL", "https://"),
        (rule("python", target="https://u:p@x/", projects="*"), "domain.rule.target", "password", "leave it out"),
        (rule("npm", target=TARGET, rewrite="no"), "domain.rule.rewrite", "a text in quotes", "true or false"),
        (rule("npm", target=TARGET + "?a=1"), "domain.rule.target", "no query", "upstream"),
        (rule("cargo", target=TARGET, download="https://x.example.org/{sha256-checksum}"), "domain.rule.download",
         "no variable that is known", "write {name}"),
        (rule("catch-all", target="https://x.example.org/{a}"), "domain.rule.target", "{a}", "none"),
        (rule("catch-all", redirect="302"), "domain.rule.redirect", "a text in quotes", "a number"),
        (rule("catch-all", redirect=True), "domain.rule.redirect", "true or false", "a number"),
        (rule("catch-all", traget=TARGET), "domain.rule.traget", "no key here", "did you mean target?"),
        (rule("pixel", path="/p"), "domain.rule", "id is missing", "id ="),
        (rule("pixel", path="p", id="x"), "domain.rule.path", "one path", "/pixel.png"),
        (rule("pixel", path="/{p}", id="x"), "domain.rule.path", "one path", "/pixel.png"),
        (rule("pixel", path="/../p", id="x"), "domain.rule.path", "one path", "/pixel.png"),
        (rule("pixel", path="/p", id=""), "domain.rule.id", "is empty", "take the line away"),
        (rule("file"), "domain.rule", "neither path nor regex", "one of the two"),
        (rule("file", path="/x", regex="/x"), "domain.rule", "both path and regex", "one of the two"),
        (rule("file", path="x"), "domain.rule.path", "does not begin with /", "/tool/{version}/{file}"),
        (rule("file", path="/{x"), "domain.rule.path", "brace", "%7B"),
        (rule("file", path="/{x*}"), "domain.rule.path", "{x*}", "{+name}"),
        (rule("file", path="/{?x}"), "domain.rule.path", "{?x}", "{name}"),
        (rule("file", path="/a?{x}"), "domain.rule.path", "no pair", "key={name}"),
        (rule("file", path="/a#b"), "domain.rule.path", "fragment", "%23"),
        (rule("file", regex="(?=x)"), "domain.rule.regex", "cannot be used", "no look-around"),
        (rule("file", regex="("), "domain.rule.regex", "cannot be used", "RE2"),
        (rule("file", regex="(?P<a>x)", target="https://x.example.org/{b}"), "domain.rule.target", "{b}", "{a}"),
    ],
)  # fmt: skip
def test_DL1_a_rule_that_cannot_be_used_says_where_and_what_to_do(rules: str, key: str, what: str, do: str) -> None:
    line, found, told, advised = problem(rules)
    assert found == key
    assert line is not None
    assert 3 <= line <= 7
    assert what in told
    assert do in advised


@pytest.mark.parametrize(
    "target",
    ["https://{x}/a", "https://{x}.example.org/a", "https://dl.example.org{x}", "https://dl.example.org{+x}/a",
     "https://dl.example.org:{x}/", "{x}://dl.example.org/", "{+x}", "https:{+x}", "//dl.example.org/{x}"],
)  # fmt: skip
def test_DL5_no_variable_in_the_host_part(target: str) -> None:
    _, key, _, _ = problem(rule("file", path="/{x}", target=target))
    assert key == "domain.rule.target"


def test_DL5_no_variable_that_the_path_has_not() -> None:
    _, _, what, do = problem(rule("file", path="/{a}/{b}", target="https://dl.example.org/{a}/{c}?d={d}"))
    assert "{c}, {d}" in what
    assert do == "name those of the path: {a}, {b}"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", None, "there is no [[domain]]"),
        ("x = 1", None, "there is no [[domain]]"),
        ("[[domain]]\nhost = ", 2, "this is no TOML"),
        ("[[domain]]\n\n\nhost = x", 4, "this is no TOML"),
        ("[[domain]]\nhost = 'a'\nhost = 'b'", 3, "this is no TOML"),
        ("[domain]\nhost = 'a'", 1, "no list of tables"),
        ("domain = 3", 1, "no list of tables"),
        ("[[domain]]\nhost = 'a'\nrule = 3", 3, "no list of tables"),
        ("[[domain]]\nhost = 'a'", 1, "there is no [[domain.rule]]"),
        ("[[domain]]\nhost = 'a b'\nrule = [{type = 'pixel', path = '/p', id = 'p'}]", 2, "no host"),
        ("[[domain]]\nhost = 'a..b'\nrule = [{type = 'pixel', path = '/p', id = 'p'}]", 2, "no host"),
        ("[[domain]]\nhost = 7\nrule = [{type = 'pixel', path = '/p', id = 'p'}]", 2, "a number"),
    ],
)
def test_DL1_a_text_that_is_no_manifest(text: str, line: int | None, what: str) -> None:
    first = problems(text)[0]
    assert first[0] == line
    assert what in first[2]


def test_DL1_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read: No such file"):
        load_manifest(str(tmp_path / "absent.toml"))
    (tmp_path / "latin.toml").write_bytes(b"# a\n# \xe9\n")
    with pytest.raises(ManifestError) as raised:
        load_manifest(str(tmp_path / "latin.toml"))
    assert raised.value.where == f"{tmp_path}/latin.toml:2"


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (rule("catch-all"), rule("catch-all", target=TARGET), "all that no other rule takes"),
        (rule("pixel", path="/p", id="a"), rule("pixel", path="/%70", id="b"), "the path /p"),
        (rule("file", path="/{a}/x"), rule("file", path="/{b}/x"), "the path /{b}/x"),
        (rule("file", path="/x?a=1&b={c}"), rule("file", path="/x?b={d}&a=1"), "the path"),
        (rule("file", regex="/x+"), rule("file", regex="/x+"), "regular expression"),
        (rule("python", target=TARGET, projects=["A.b"]), rule("python", target=TARGET, projects=["a-B"]), "a-b"),
        (rule("python", target=TARGET, projects="*"), rule("python", target=TARGET, projects="*"), '"*"'),
        (rule("cargo", target=TARGET, projects=["a-b"]), rule("cargo", target=TARGET, projects=["A_b"]), "a_b"),
        (rule("docker", target=TARGET, images=["a/b"]), rule("docker", target=TARGET, images=["c", "a/b"]), "a/b"),
        (rule("docker", target=TARGET, images=["a/*"]), rule("docker", target=TARGET, images=["a/*"]), "a/*"),
    ],
)
def test_DL2_rules_that_take_the_same_are_refused(first: str, second: str, what: str) -> None:
    for rules in (first + second, second + first):
        _, _, told, _ = problem(rules)
        assert "is taken already, in line 3" in told
    assert what in problem(first + second)[2]


def test_DL1_a_host_has_one_domain() -> None:
    pixel = rule("pixel", path="/p", id="p")
    text = f"[[domain]]\nhost = 'a.example.org'\n{pixel}[[domain]]\nhost = 'A.example.org.:1'\n{pixel}"
    assert [(line, key) for line, key, _, _ in problems(text)] == [(7, "domain.host")]


def test_DL1_what_looks_odd_is_advised_against() -> None:
    both = rule("python", target=TARGET, projects="*") + rule("npm", target=TARGET)
    registries = rule("docker", target="https://a.example.org", images=["a"])
    registries += rule("docker", target="https://b.example.org", images=["b"])
    found = advice(read_manifest(ONE + both + registries, "m"))
    assert [(each.line, each.key) for each in found] == [(7, "domain.rule"), (14, "domain.rule.target")]


@given(st.text())
def test_DL1_any_text_is_a_manifest_or_a_manifest_error(text: str) -> None:
    with pytest.raises(ManifestError):
        read_manifest(text, "m")


def test_DL22_patterns_are_of_segments() -> None:
    images = ["library/*", "{a,b}/tool-*", "exact"]
    found = router(rule("docker", target="https://r.example.org", images=images, redirect=307))

    def is_served(image: str) -> bool:
        return location(found, f"/v2/{image}/manifests/1", user_agent="docker/24.0") is not None

    assert all(map(is_served, ["library/x", "a/tool-x", "b/tool-1.2", "exact"]))
    assert not any(map(is_served, ["library", "library/x/y", "c/tool-x", "a/tool", "x/a/tool-x", "exact/x", "exac"]))
