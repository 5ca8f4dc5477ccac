"""C1-C9: every parser on what real tools print, and on rubbish."""

# a test is named for its row of builds.md

import contextlib
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.builds.collectors.apt import declared_packages, parse_dpkg
from producers.builds.collectors.conda import parse_conda_list
from producers.builds.collectors.config import parse_yaml
from producers.builds.collectors.doctool import limited, parse_report
from producers.builds.collectors.found import Found
from producers.builds.collectors.pip import parse_pip_list
from producers.builds.collectors.python import parse_python
from producers.builds.collectors.system import parse_any
from producers.builds.errors import MissingError, UnreadableError
from producers.builds.event import Package, Python, System
from producers.builds.requirement_files import Gathering
from producers.builds.static_config import Static, parse_conf_py, parse_mkdocs_yml

TABLES = Path(__file__).resolve().parents[3] / "data/builds/collectors"


def table(name: str) -> list[Any]:
    return [pytest.param(case, id=repr(case.get("text", case.get("stdout")))[:60]) for case in cases(name)]


@cache
def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((TABLES / name).read_text())
    return loaded


@pytest.mark.parametrize("case", table("c1_python.yaml"))
def test_C1_B22_a_version_is_taken_whole_or_not_at_all(case: dict[str, Any]) -> None:
    if "python" in case:
        assert parse_python(case["stdout"], case.get("stderr", "")) == Python(*case["python"])
    else:
        with pytest.raises(UnreadableError):
            parse_python(case["stdout"])


@pytest.mark.parametrize("case", table("c2_system.yaml"))
def test_C2_B23_the_system_from_whichever_source(case: dict[str, Any]) -> None:
    if "os" in case:
        assert parse_any(case["text"]) == System(*case["os"])
    else:
        with pytest.raises(UnreadableError):
            parse_any(case["text"])


def check_rows(parse: Callable[[str], Found[Any]], case: dict[str, Any], show: Callable[[Any], str]) -> None:
    if "rows" not in case:
        with pytest.raises(UnreadableError):
            parse(case["text"])
        return
    found = parse(case["text"])
    assert [show(row) for row in found.value] == case["rows"]
    assert (found.count, found.unparsed, found.dropped_keys) == (
        len(case["rows"]),
        case.get("dropped", 0),
        case.get("keys", 0),
    )


@pytest.mark.parametrize("case", table("c3_pip.yaml"))
def test_C3_C4_B16_B27_B32_a_pip_list_is_whole_or_an_error(case: dict[str, Any]) -> None:
    check_rows(parse_pip_list, case, lambda row: f"{row.name} {row.version}")


@pytest.mark.parametrize("case", table("c5_conda.yaml"))
def test_C5_B17_B19_B27_a_conda_list_is_whole_or_an_error(case: dict[str, Any]) -> None:
    def show(row: Any) -> str:
        channel = f'"{row.channel}"' if "/" in (row.channel or "") else row.channel or "null"
        return f"{row.name} {channel} {row.version}"

    check_rows(parse_conda_list, case, show)


@pytest.mark.parametrize("case", table("c6_apt.yaml"))
def test_C6_B20_installed_packages_verbatim(case: dict[str, Any]) -> None:
    check_rows(parse_dpkg, case, lambda row: f"{row.name} {row.version}")


def test_C7_B21_declared_apt_packages_have_the_installed_version() -> None:
    installed = (Package("graphviz", "2.42.2-9"), Package("vim", "2:9.0"))
    found = declared_packages(["Graphviz", "vim/stable", "latexmk=4.*", "graphviz", "-o x"], installed)
    assert found.value == (Package("graphviz", "2.42.2-9"), Package("vim", "2:9.0"), Package("latexmk", None))
    assert found.unparsed == 1


def check_static(parse: Callable[[bytes], Static], case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(UnreadableError, match=case["error"]):
            parse(case["text"].encode())
        return
    found = parse(case["text"].encode())
    assert found == Static(tuple(case["extensions"]), case.get("theme"), case.get("unread", 0))


@pytest.mark.parametrize("case", table("c8_conf_py.yaml"))
def test_C8_B26_conf_py_is_read_and_never_run(case: dict[str, Any]) -> None:
    check_static(parse_conf_py, case)


@pytest.mark.parametrize("case", table("c8_mkdocs_yml.yaml"))
def test_C8_B26_mkdocs_yml(case: dict[str, Any]) -> None:
    check_static(parse_mkdocs_yml, case)


def test_C8_P9_a_report_gives_extensions_and_theme_only() -> None:
    report = {"extensions": ["a", "b"], "html_theme": "furo", "name": "evil", "other": {"deep": [1]}}
    assert parse_report(json.dumps(report).encode()) == Static(("a", "b"), "furo")
    assert parse_report(b'{"extensions": []}') == Static()


@pytest.mark.parametrize(
    "report",
    [b"", b"[]", b"null", b"{}", b'{"extensions": "a"}', b'{"extensions": [1]}', b'{"html_theme": 3}', b"\x80"],
)
def test_C8_P9_another_report_is_an_error(report: bytes) -> None:
    with pytest.raises(UnreadableError):
        parse_report(report)


@pytest.mark.parametrize("text", ["extensions = find()\nhtml_theme = pick()\n", "from base.conf import *\n"])
def test_B26_C8_what_is_made_up_when_it_runs_is_missing(text: str) -> None:
    with pytest.raises(MissingError):
        limited(parse_conf_py(text.encode()))
    assert limited(parse_conf_py(b"extensions = []\n")) == (Static(), 0)


def test_C8_P9_type_count_and_length_are_checked() -> None:
    read, dropped = limited(Static((*(f"e{n}" for n in range(600)), "e1", "", "x" * 201), "t" * 201))
    assert len(read.extensions) == 500
    assert read.html_theme is None
    assert dropped == 103


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("# only a comment\n", {}),
        ("a: 1\nb: [x, 2.0]\n", {"a": 1, "b": ["x", 2.0]}),
        ("version: 2\nversion: 3\n", {"version": 3}),
        ("base: &a {x: 1}\nuse: {<<: *a, y: 2}\n", {"base": {"x": 1}, "use": {"x": 1, "y": 2}}),
        ("- a\n", ["a"]),
        ("\ufeffa: 1\n", {"a": 1}),
    ],
)
def test_C9_B10_a_config_as_its_author_wrote_it(text: str, value: Any) -> None:
    assert parse_yaml(text) == value


def laughs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    return "\n".join([*lines, *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))])


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: b: c",
        "a: 1\n---\nb: 2\n",
        "!!python/object/apply:os.system ['true']",
        "a: !ENV x",
        "a: *unknown",
        "a: &a [*a]",
        "a: \0",
        "{? [1]: 2}",
        "a: 2026-13-45",
        laughs(),
        "[" * 5000,
        "- x\n" * 10_001,
    ],
)
def test_C9_what_is_no_safe_yaml_is_unparseable(text: str) -> None:
    with pytest.raises(UnreadableError, match="unparseable"):
        parse_yaml(text)


PARSERS: dict[str, Callable[[str], Any]] = {
    "c1_python.yaml": parse_python,
    "c2_system.yaml": parse_any,
    "c3_pip.yaml": parse_pip_list,
    "c5_conda.yaml": parse_conda_list,
    "c6_apt.yaml": parse_dpkg,
    "c8_conf_py.yaml": lambda text: parse_conf_py(text.encode("utf-8", "replace")),
    "c8_mkdocs_yml.yaml": lambda text: parse_mkdocs_yml(text.encode("utf-8", "replace")),
    "c9": parse_yaml,
}


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str]:
    """Give a parser's table and one of its texts with up to five places cut out, doubled or overwritten."""
    name = draw(st.sampled_from(sorted(PARSERS)))
    source = "c8_mkdocs_yml.yaml" if name == "c9" else name
    case = draw(st.sampled_from(cases(source)))
    text = case.get("text", case.get("stdout"))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 20, len(text))))
        text = text[:start] + draw(st.sampled_from(["", text[start:end] * 2]) | st.text(max_size=3)) + text[end:]
    return name, text


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_C_rubbish_is_an_error_and_never_an_exception(name_and_text: tuple[str, str]) -> None:
    name, text = name_and_text
    with contextlib.suppress(UnreadableError):
        PARSERS[name](text)


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c3_pip.yaml", "[" * 4 * MIB),
        ("c3_pip.yaml", '[{"a":' * 100_000),
        ("c3_pip.yaml", "[ " * 2 * MIB),
        ("c3_pip.yaml", '{"a":1}\n' * 200_000),
        ("c5_conda.yaml", '[{"name": "a", "channel": "' + "/t/" * MIB + '", "version": "1"}]'),
        ("c6_apt.yaml", "a " * 2 * MIB),
        ("c6_apt.yaml", "a\n" * 2 * MIB),
        ("c1_python.yaml", "p" * 4 * MIB),
        ("c1_python.yaml", "Python " + "1." * MIB),
        ("c2_system.yaml", "PRETTY_NAME=" + " " * MIB + "x"),
        ("c2_system.yaml", "Description:" + "\t" * MIB),
        ("c8_conf_py.yaml", "(" * MIB),
        ("c8_conf_py.yaml", "extensions = [" + "'a'," * 200_000 + "]"),
        ("c8_conf_py.yaml", "-" * MIB + "1"),
        ("c8_mkdocs_yml.yaml", "a: " + "[" * MIB),
        ("c8_mkdocs_yml.yaml", "- &a a\n" * 100_000),
        ("c9", "a: " + "9" * MIB),
        ("requirements", " " * MIB),
        ("requirements", "a" * MIB),
        ("requirements", ("x" * 50 + ">=1\n") * 20_000),
        ("requirements", "a[" + "b," * (MIB // 2)),
        ("requirements", "a==" + "1." * (MIB // 2)),
        ("requirements", "\\\n" * (MIB // 2)),
        ("requirements", ("a;in " * 300 + "\n") * 500),
        ("c2_system.yaml", 'PRETTY_NAME="' + "\\a" * MIB + '"'),
        ("c3_pip.yaml", '[{"a":1}]\n' * 400_000),
    ],
)
def test_B30_no_input_within_the_limits_takes_long(name: str, text: str) -> None:
    def requirements(text: str) -> None:
        gathering = Gathering(lambda _: text.encode())
        gathering.file("requirements.txt")
        gathering.found()

    begun = time.process_time()
    with contextlib.suppress(UnreadableError):
        (PARSERS | {"requirements": requirements})[name](text)
    assert time.process_time() - begun < 3


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_C3_a_cut_or_broken_list_is_never_half_a_value(data: st.DataObject) -> None:
    rows = [{"name": f"p{n}", "version": f"{n}.0"} for n in range(6)]
    text = json.dumps(rows)
    whole = {(row["name"], row["version"]) for row in rows}
    start = data.draw(st.integers(0, len(text)))
    broken = data.draw(
        st.sampled_from([text[:start], text[start:], text[:start] + text[start + 1 :]])
        | st.sampled_from('[]{}",:').map(lambda mark: text[:start] + mark + text[start:])
    )
    try:
        found = {(row.name, row.version) for row in parse_pip_list(broken).value}
    except UnreadableError:
        return
    # What parses still has every row: one character less or more in a name or version cannot be seen.
    assert len(found) >= len(whole) - 1
    assert len(found - whole) <= 1
