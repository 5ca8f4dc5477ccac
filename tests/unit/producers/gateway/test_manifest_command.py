"""`headcount gateway check` and `explain`, as a person calls them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headcount.errors import HeadcountError
from producers.gateway.command import gateway
from tests.unit.producers.gateway.asking import HOST, rule
from tests.unit.producers.gateway.test_manifest import EXAMPLE

BROKEN = """\
[[domain]]
host = "a.example.org"
[[domain.rule]]
type = "file"
path = "/{a}"
target = "https://{a}/"
[[domain.rule]]
type = "npn"
"""
UPSTREAM = "https://upstream.example.org"


def run(*words: str) -> Result:
    return CliRunner().invoke(gateway, list(words))


@pytest.fixture
def broken(tmp_path: Path) -> str:
    (tmp_path / "broken.toml").write_text(BROKEN)
    return str(tmp_path / "broken.toml")


def test_DL1_the_example_can_be_served() -> None:
    result = run("check", str(EXAMPLE))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{EXAMPLE} can be served: domains 5, rules 10\n"


def test_DL1_check_says_all_that_is_wrong(broken: str) -> None:
    result = run("check", broken)
    assert (result.exit_code, result.stdout) == (1, "")
    first, second = result.stderr.split("error: ")[1:]
    assert first == (
        "a variable in the host part\n"
        f"  where: {broken}:6: domain.rule.target\n"
        "  what to do: write the host out, a rule for each\n"
    )
    assert f"  where: {broken}:8: domain.rule.type\n" in second
    assert "did you mean npm?" in second
    row = json.loads(run("check", "--json", broken).stdout)
    assert (row["ok"], [each["line"] for each in row["problems"]]) == (False, [6, 8])
    assert run("check", "/nowhere.toml").exit_code == 1


def test_DL1_check_advises(tmp_path: Path) -> None:
    text = rule("python", target=UPSTREAM, projects="*") + rule("npm", target=UPSTREAM)
    (tmp_path / "m.toml").write_text(f'[[domain]]\nhost = "{HOST}"\n{text}')
    result = run("check", str(tmp_path / "m.toml"))
    assert result.exit_code == 0
    assert "warning: " in result.stderr
    assert "m.toml:7: domain.rule" in result.stderr
    row = json.loads(run("check", "--json", str(tmp_path / "m.toml")).stdout)
    assert (row["ok"], row["domains"], row["rules"], len(row["advice"])) == (True, 1, 2, 1)


def explained(*words: str) -> dict[str, Any]:
    result = run("explain", "--json", str(EXAMPLE), *words)
    assert result.exit_code == 0, result.output
    row: dict[str, Any] = json.loads(result.stdout)
    return row


@pytest.mark.parametrize(
    ("url", "route", "outcome", "target"),
    [
        ("https://downloads.example.org/your-tool/1.0/a+b.tar.gz?x=1", "file", "redirect",
         "https://releases.upstream.example.org/v1.0/a%2Bb.tar.gz?x=1"),
        ("downloads.example.org/get?os=linux-amd64&tool=a", "file", "redirect",
         "https://releases.upstream.example.org/a/latest/linux-amd64.tar.gz?os=linux-amd64&tool=a"),
        ("downloads.example.org/archive/a-1.0.zip", "file", "redirect", "https://releases.upstream.example.org/a/1.0.zip"),
        ("downloads.example.org/ping/1", "file", "answer", None),
        ("downloads.example.org/readme.png", "pixel", "answer", None),
        ("HTTP://Downloads.Example.Org.:81", "catch-all", "redirect", "https://www.upstream.example.org/"),
        ("downloads.example.org/a/é/%2e%2e", None, "not found", None),
        ("other.example.org/", None, "not found", None),
        ("npm.example.org/your-package", "npm", "ask upstream", "https://npm.upstream.example.org/your-package"),
        ("python.example.org/simple/Your.Package", "python", "redirect", "/simple/your-package/"),
        ("python.example.org/simple/private/", "python", "not found", None),
        ("registry.example.org/v2/your-org/tool-x/manifests/1.0", "docker", "proxy",
         "https://registry.upstream.example.org/v2/your-org/tool-x/manifests/1.0"),
        ("crates.example.org/se/rd/serde", "cargo", "redirect", "https://index.upstream.example.org/se/rd/serde"),
    ],
)  # fmt: skip
def test_DL1_explain_says_route_outcome_and_target(
    url: str, route: str | None, outcome: str, target: str | None
) -> None:
    row = explained(url)
    assert (row["route"], row["outcome"], row["target"]) == (route, outcome, target)
    if route is not None and outcome != "not found":
        text = EXAMPLE.read_text().splitlines()
        assert text[row["line"] - 1] == "[[domain.rule]]"
        assert f'type = "{route}"' in text[row["line"]]


def test_DL23_explain_takes_a_method_and_headers() -> None:
    url = "registry.example.org/v2/your-org/your-image/manifests/1.0"
    assert explained(url, "--header", "User-Agent: docker/24.0")["outcome"] == "redirect"
    assert explained(url, "--method", "DELETE")["status"] == 405


def test_DL19_explain_asks_the_upstream_unless_it_is_told_not_to(tmp_path: Path) -> None:
    text = rule("python", target="http://127.0.0.1:1/simple/", projects="*")
    (tmp_path / "m.toml").write_text(f'[[domain]]\nhost = "{HOST}"\n{text}')
    words = ("explain", "--json", str(tmp_path / "m.toml"), f"{HOST}/simple/tool/")
    row = json.loads(run(*words).stdout)
    assert (row["outcome"], row["status"], row["target"]) == ("upstream away", 503, "http://127.0.0.1:1/simple/tool/")
    row = json.loads(run(*words, "--offline").stdout)
    assert (row["outcome"], row["status"], row["target"]) == ("ask upstream", None, "http://127.0.0.1:1/simple/tool/")


def test_explain_is_read_by_people_too() -> None:
    lines = run("explain", str(EXAMPLE), "downloads.example.org/ping/1.0").stdout.splitlines()
    assert lines[0] == "route:    file"
    assert "target:   -" in lines
    assert "version:  1.0" in lines


@pytest.mark.parametrize("words", [["http://[x"], [""], ["http://"], ["a.example.org", "--header", "x"], []])
def test_wrong_words_are_2(words: list[str]) -> None:
    assert run("explain", str(EXAMPLE), *words).exit_code == 2


def test_explain_of_a_broken_manifest_says_where(broken: str) -> None:
    result = run("explain", broken, "a.example.org/x")
    assert isinstance(result.exception, HeadcountError)
    assert result.exception.where == f"{broken}:6: domain.rule.target"
