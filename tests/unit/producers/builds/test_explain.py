"""`headcount explain collector` and `requirements`: what interfaces.md promises."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headcount.errors import HeadcountError
from producers.builds.explain import collector, requirements
from producers.builds.explained import COLLECTORS, explain_collector, requirement_rows


def explained(name: str, text: str) -> dict[str, Any]:
    done = CliRunner().invoke(collector, [name, "-", "--json"], input=text.encode(), catch_exceptions=False)
    assert done.exit_code == 0
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def at(answer: dict[str, Any], *path: str) -> Any:
    found: Any = answer
    for name in path:
        found = found[name]
    return found


@pytest.mark.parametrize(
    ("name", "text", "path", "datum"),
    [
        ("C1", "Python 3.8.12\n", ("python", "version"), "3.8.12"),
        ("C2", "Description:\tUbuntu 24.04.1 LTS\n", ("os", "version"), "24.04.1"),
        ("C3", '[{"name": "A", "version": "1"}]', ("packages", "pip", "all"), [{"name": "a", "version": "1"}]),
        ("C4", '[{"name": "A", "version": "1"}]', ("packages", "pip", "root"), [{"name": "a", "version": "1"}]),
        ("C5", '[{"name": "A", "version": "1"}]', ("packages", "conda", "all", 0, "channel"), None),
        ("C6", "a\t1\tii \nb\t2\tii \n", ("packages", "apt", "all", 1, "name"), "b"),
        ("C7", "foo==1\n", ("packages", "pip", "declared", 0, "constraint"), "pinned"),
        (
            "C8",
            "extensions = ['a']\n",
            ("doctool",),
            {"name": "sphinx", "version": None, "extensions": ["a"], "html_theme": None, "source": "static"},
        ),
        ("C8", "site_name: x\ntheme: material\n", ("doctool", "html_theme"), "material"),
        ("C8", '{"extensions": ["a"], "html_theme": "furo"}', ("doctool", "source"), "report"),
        ("C9", "version: 2\nbuilt: 2026-03-02\n", ("config", "user"), {"version": 2, "built": "2026-03-02"}),
        ("C9", "", ("config", "user"), {}),
    ],
)
def test_a_collector_gives_status_error_and_the_datum_at_its_place(
    name: str, text: str, path: tuple[str, ...], datum: Any
) -> None:
    answer = explained(name, text)
    assert (answer["status"], answer["error"]) == ("ok", None)
    assert at(answer, *path) == datum


@pytest.mark.parametrize("name", [name for name in COLLECTORS if name not in ("C6", "C7", "C8")])
def test_rubbish_is_an_error_without_a_value(name: str) -> None:
    answer = explain_collector(name, b"\xff\xfe{[ rubbish: [")
    assert answer["status"] == "error"
    assert answer["error"]
    assert answer["datum"] in (None, []) or not any(answer["datum"].values())


def test_known_none_is_empty() -> None:
    assert explained("C3", "[]")["status"] == "empty"
    assert explained("C6", "\n")["status"] == "empty"


def test_requirements_are_a_row_each_and_last_the_counts_of_the_rest(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("bar>=1\n--index-url https://example.org/simple\n")
    file = tmp_path / "r.txt"
    file.write_text("Foo==1.0+x\n-r base.txt\n-e .\nsome prose here\n")
    done = CliRunner().invoke(requirements, [str(file), "--json"], catch_exceptions=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows == [
        {
            "name": "foo",
            "constraint": "pinned",
            "specifier": "==1.0",
            "version": "1.0",
            "extras": [],
            "conditional": False,
        },
        {"name": "bar", "constraint": "range", "specifier": ">=1", "version": None, "extras": [], "conditional": False},
        {"unnamed": {"path": 1}, "unparsed": 1, "other_index": True},
    ]
    assert rows == requirement_rows(file.read_bytes(), str(file))


def test_a_file_that_is_not_there_is_said_in_three_parts() -> None:
    with pytest.raises(HeadcountError) as caught:
        CliRunner().invoke(requirements, ["/nowhere.txt"], catch_exceptions=False)
    assert caught.value.where == "/nowhere.txt"


def test_T6_a_requirements_file_over_a_mebibyte_is_said_to_be_too_large(tmp_path: Path) -> None:
    file = tmp_path / "r.txt"
    file.write_text("foo\n" * 300_000)
    with pytest.raises(HeadcountError, match="too_large"):
        CliRunner().invoke(requirements, [str(file)], catch_exceptions=False)


def test_T1_T6_the_datum_is_as_it_would_be_sent() -> None:
    long = json.dumps([{"name": "a" * 300, "version": "1" * 300}])
    assert explained("C3", long)["datum"] == [{"name": "a" * 200, "version": "1" * 200}]
    assert explained("C1", "junk")["python"] == {
        "version": None,
        "implementation": None,
        "implementation_version": None,
    }
    assert explained("C2", "junk")["os"] == {"name": None, "version": None, "id": None}
    assert explained("C8", "extensions = [")["doctool"]["extensions"] == []
    assert explained("C3", "junk")["packages"] == {"pip": {"all": []}}
    assert explained("C9", "x: " + "y" * 70_000)["error"] == "too_large"
    assert explained("C9", "# " + "y" * (1 << 20))["error"] == "too_large"


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("any.toml", '[project]\nname = "kiln"\ndependencies = ["Furo"]\n', ["furo"]),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfuro = "^1"\n', ["furo"]),
        ("setup.cfg", "[options]\ninstall_requires =\n  furo\n", ["furo"]),
        ("environment.yml", "dependencies:\n  - pip\n  - pip:\n    - furo\n", ["furo"]),
        (".readthedocs.yaml", "python:\n  install:\n    - requirements: more.txt\n", ["sphinx"]),
    ],
)
def test_C7_every_source_by_its_name(tmp_path: Path, name: str, text: str, names: list[str]) -> None:
    (tmp_path / "more.txt").write_text("sphinx\n")
    file = tmp_path / name
    file.write_text(text)
    answer = explain_collector("C7", file.read_bytes(), str(file))
    assert [row["name"] for row in answer["datum"]] == names
