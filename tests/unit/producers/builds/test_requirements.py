"""R1-R13: requirement lines and files."""

# a test is named for its row of builds.md

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.builds.errors import MissingError
from producers.builds.event import Requirement
from producers.builds.record import to_plain
from producers.builds.requirement_files import Gathering, decode, logical_lines
from producers.builds.requirements import read_line

CASES = yaml.safe_load((Path(__file__).resolve().parents[3] / "data/builds/requirement_lines.yaml").read_text())


def gather(files: dict[str, str | bytes], start: str = "requirements.txt") -> dict[str, Any]:
    def read(path: str) -> bytes:
        if path not in files:
            raise MissingError
        content = files[path]
        return content if isinstance(content, bytes) else content.encode()

    gathering = Gathering(read)
    gathering.file(start)
    return dict(to_plain(gathering.found()))


def brief(found: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    return [(row["name"], row["constraint"], row["specifier"], row["version"]) for row in found["value"]]


def lines(rule: str) -> pytest.MarkDecorator:
    cases = [case for case in CASES if case["rule"] == rule]
    assert cases
    return pytest.mark.parametrize("case", cases, ids=[case["line"] for case in cases])


def check_line(case: dict[str, Any]) -> None:
    found = gather({"requirements.txt": case["line"] + "\n"})
    empty = {"specifier": None, "version": None, "extras": [], "conditional": False}
    assert found["value"] == ([{**empty, **case["row"]}] if "row" in case else [])
    assert found["unnamed"] == ({case["unnamed"]: 1} if "unnamed" in case else {})
    assert found["unparsed"] == (1 if case.get("unparsed") else 0)
    assert found["other_index"] is case.get("other_index", False)
    assert "example.org" not in str(found)


@lines("R1")
def test_R1_one_exact_version_is_pinned(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R2")
def test_R2_prefix_range_and_none(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R3")
def test_R3_extras_and_a_marker_of_which_nothing_is_kept(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R6")
def test_R6_a_place_without_a_name_is_counted_by_kind(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R7")
def test_R7_a_repository_with_a_name(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R8")
def test_R8_a_wheel_or_sdist_says_its_version(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R9")
def test_R9_variables_are_never_expanded(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R10")
def test_R10_options_behind_a_requirement_are_ignored(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R11")
def test_R11_another_index_is_noted_without_its_host(case: dict[str, Any]) -> None:
    check_line(case)


@lines("R13")
def test_R13_local_versions_and_what_cannot_be_read(case: dict[str, Any]) -> None:
    check_line(case)


def test_every_line_of_the_table_is_under_test() -> None:
    assert {case["rule"] for case in CASES} == {"R1", "R2", "R3", "R6", "R7", "R8", "R9", "R10", "R11", "R13"}


def test_R4_files_are_followed_each_once_as_from_the_file_that_names_them() -> None:
    files: dict[str, str | bytes] = {
        "docs/r.txt": "-r ../base.txt\n--requirement=more/m.txt\nfoo\n",
        "base.txt": "bar\n-r docs/r.txt\n",
        "docs/more/m.txt": "-rn.txt\n",
        "docs/more/n.txt": "baz",
    }
    found = gather(files, "docs/r.txt")
    assert [row["name"] for row in found["value"]] == ["bar", "baz", "foo"]
    assert found["unnamed"] == {}


@pytest.mark.parametrize(
    "include", ["gone.txt", "../../etc/passwd", "/etc/passwd", "https://example.org/r.txt", "${HOME}/r.txt"]
)
def test_R4_a_file_that_is_not_there_or_outside_is_counted(include: str) -> None:
    found = gather({"requirements.txt": f"-r {include}\nfoo\n", "/etc/passwd": "root"})
    assert [row["name"] for row in found["value"]] == ["foo"]
    assert found["unnamed"] == {"file": 1}


def test_R4_at_most_20_files_and_depth_5() -> None:
    wide: dict[str, str | bytes] = {f"{n}.txt": f"p{n}" for n in range(40)}
    found = gather({**wide, "requirements.txt": "\n".join(f"-r {n}.txt" for n in range(40))})
    assert len(found["value"]) == 19
    assert found["unnamed"] == {"file": 21}
    deep: dict[str, str | bytes] = {f"{n}.txt": f"-r {n + 1}.txt\np{n}" for n in range(1, 10)}
    found = gather({**deep, "requirements.txt": "-r 1.txt"})
    assert sorted(row["name"] for row in found["value"]) == [f"p{n}" for n in range(1, 6)]
    assert found["unnamed"] == {"file": 1}


def test_R5_constraints_add_no_name_and_join_specifiers() -> None:
    files: dict[str, str | bytes] = {
        "requirements.txt": "foo\nbar>=1\nBaz @ https://example.org/baz\n-c c.txt\n",
        "c.txt": "foo==1.0\nBar<2\nother==3\nbaz==9\n-r d.txt\n",
        "d.txt": "more==1",
    }
    assert brief(gather(files)) == [
        ("foo", "pinned", "==1.0", "1.0"),
        ("bar", "range", "<2,>=1", None),
        ("baz", "url", None, None),
    ]


def test_R5_constraints_under_conditions_are_cases_of_their_own() -> None:
    constraints = 'foo==1.0; python_version<"3"\nfoo==2.0; python_version>="3"\n'
    found = gather({"requirements.txt": "-c c.txt\nfoo\n", "c.txt": constraints})
    assert brief(found) == [("foo", "pinned", "==1.0", "1.0"), ("foo", "pinned", "==2.0", "2.0")]
    assert all(row["conditional"] for row in found["value"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-32"])
def test_R10_byte_order_marks_continuations_comments_and_hashes_are_read_through(encoding: str) -> None:
    text = (
        "# a comment\r\nfoo==1.0 \\\r\n    --hash=sha256:aa \\\r\n    --hash=sha256:bb  # why\r\n"
        "bar @ https://example.org/bar#sha1=aa # comment\r\n-e git+https://example.org/x#egg=baz\r\n"
        "qux \\\r\n  >=1\r\nlast\r\n# c \\\r\nend \\"
    )
    codec = "utf-16-le" if encoding == "utf-16-le-bom" else encoding
    content = (b"\xff\xfe" if encoding == "utf-16-le-bom" else b"") + text.encode(codec)
    assert brief(gather({"requirements.txt": content})) == [
        ("foo", "pinned", "==1.0", "1.0"),
        ("bar", "url", None, None),
        ("baz", "vcs", None, None),
        ("qux", "range", ">=1", None),
        ("last", "none", None, None),
        ("end", "none", None, None),
    ]


def test_R12_the_same_row_once_and_two_specifiers_twice() -> None:
    found = gather({"requirements.txt": "foo>=1\nFoo >= 1\nfoo<3\n"})
    assert brief(found) == [("foo", "range", ">=1", None), ("foo", "range", "<3", None)]


def test_R13_a_file_of_merge_markers_keeps_its_requirements() -> None:
    found = gather({"requirements.txt": "<<<<<<< HEAD\nfoo==1\n=======\nfoo==2\n>>>>>>> x\n"})
    assert [row["version"] for row in found["value"]] == ["1", "2"]
    assert found["unparsed"] == 3


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.sampled_from([case["line"] for case in CASES]).flatmap(
            lambda line: st.tuples(st.integers(0, len(line)), st.text(max_size=3)).map(
                lambda at: line[: at[0]] + at[1] + line[at[0] + 1 :]
            )
        ),
    )
)
def test_R_any_line_gives_a_row_or_a_count_and_never_a_place(line: str) -> None:
    for logical in logical_lines(decode(line.encode("utf-8", "replace"))):
        answer = read_line(logical)
        if isinstance(answer, Requirement):
            assert answer.name
            assert answer.name == answer.name.lower()
            kept = " ".join([answer.name, answer.specifier or "", answer.version or "", *answer.extras])
            assert "/" not in kept
            assert "@" not in kept
