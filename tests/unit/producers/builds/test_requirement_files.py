"""R1-R13 on whole files, in the styles of real projects."""

# a test is named for its row of builds.md

from typing import Any

import pytest

from tests.unit.producers.builds.requirement_corpus import cases, contents, gathered, rest, shown


@pytest.mark.parametrize("case", cases(), ids=[case["situation"] for case in cases()])
def test_C7_R1_R2_R3_R6_R7_R8_R9_R10_R11_R13_files_of_real_projects(case: dict[str, Any]) -> None:
    found = gathered(contents(case))
    assert [shown(row) for row in found.value] == case.get("rows", [])
    assert rest(found) == case.get("rest", {})


@pytest.mark.parametrize("case", cases(), ids=[case["situation"] for case in cases()])
def test_R10_P2_line_ends_and_byte_order_marks_change_nothing(case: dict[str, Any]) -> None:
    if case.get("encoding") == "latin-1":
        return
    files = {name: text.removeprefix("\ufeff").replace("\r", "") for name, text in case["files"].items()}
    plain = gathered({name: text.encode() for name, text in files.items()})
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        windows = {name: text.replace("\n", "\r\n").encode(encoding) for name, text in files.items()}
        assert gathered(windows) == plain
    kept = repr([shown(row) for row in plain.value])
    for secret in ("example.org", "://", "s3cret", "${", "sha256", "python_version", "home"):
        assert secret not in kept
