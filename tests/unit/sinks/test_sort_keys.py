"""S4: keys sort bytewise as each ecosystem sorts versions; what does not parse sorts first."""

import re
import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from sinks.sort_keys import sort_key

CONDA_OWN_EXAMPLES = [
    # From the docstring of conda's VersionOrder; those in one row are equal.
    ["0.4", "0.4.0"],
    ["0.4.1.rc", "0.4.1.RC"],
    ["0.4.1"],
    ["0.5a1"],
    ["0.5b3"],
    ["0.5C1"],
    ["0.5"],
    ["0.9.6"],
    ["0.960923"],
    ["1.0"],
    ["1.1dev1"],
    ["1.1_"],
    ["1.1a1"],
    ["1.1.0dev1", "1.1.dev1"],
    ["1.1.a1"],
    ["1.1.0rc1"],
    ["1.1.0", "1.1"],
    ["1.1.0post1", "1.1.post1"],
    ["1.1post1"],
    ["1996.07.12"],
    ["1!0.4.1"],
    ["1!3.1.1.6"],
    ["2!0.4.1"],
]

number = st.integers(0, 120).map(str)
pep440 = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "", "", "1!", "2!"]),
    st.lists(number, min_size=1, max_size=4).map(".".join),
    st.one_of(st.just(""), st.builds("{}{}".format, st.sampled_from(["a", "b", "rc"]), number)),
    st.one_of(st.just(""), number.map(".post{}".format)),
    st.one_of(st.just(""), number.map(".dev{}".format)),
    st.one_of(
        st.just(""),
        st.lists(st.sampled_from(["a", "abc", "1", "10", "2"]), min_size=1, max_size=3).map(".".join).map("+{}".format),
    ),
)
debian = st.from_regex(r"([0-9]:)?[0-9][0-9a-b.+~]{0,5}(-[0-9a-b.+~]{1,3})?", fullmatch=True)


@pytest.mark.parametrize("ecosystem", ["pip", "conda", "apt"])
def test_S4_10_comes_after_9(ecosystem: str) -> None:
    assert sort_key(ecosystem, "9.0") < sort_key(ecosystem, "10.0")
    assert sort_key(ecosystem, "1.9") < sort_key(ecosystem, "1.10")


def test_S4_a_release_candidate_comes_before_its_release() -> None:
    assert sort_key("pip", "1.0rc1") < sort_key("pip", "1.0")
    assert sort_key("conda", "1.0rc1") < sort_key("conda", "1.0")
    assert sort_key("apt", "1.0~rc1-1") < sort_key("apt", "1.0-1")


@settings(max_examples=1000)
@given(pep440, pep440)
def test_S4_pip_sorts_as_packaging_does(left: str, right: str) -> None:
    ours = (sort_key("pip", left) > sort_key("pip", right)) - (sort_key("pip", left) < sort_key("pip", right))
    theirs = (Version(left) > Version(right)) - (Version(left) < Version(right))
    assert ours == theirs


def test_S4_conda_sorts_as_its_own_examples() -> None:
    keys = [[sort_key("conda", version) for version in row] for row in CONDA_OWN_EXAMPLES]
    assert all(len(set(row)) == 1 for row in keys)
    assert all(left[0] < right[0] for left, right in pairwise(keys))


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
@settings(max_examples=150, deadline=None)
@given(debian, debian)
def test_S4_apt_sorts_as_dpkg_does(left: str, right: str) -> None:
    operator = (
        "lt"
        if sort_key("apt", left) < sort_key("apt", right)
        else "gt"
        if sort_key("apt", left) > sort_key("apt", right)
        else "eq"
    )
    answer = subprocess.run(["dpkg", "--compare-versions", left, operator, right], check=False, capture_output=True)
    assert answer.returncode == 0, (left, operator, right)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("1.0~beta", "1.0"),
        ("1.0", "1:0.1"),
        ("1.0", "1.0+b1"),
        ("1.0a", "1.0+"),
        ("2.42.2-9", "2.42.2-10"),
        ("1.0", "1.0-1"),
        ("1~~", "1~"),
    ],
)
def test_S4_debian_epochs_tildes_and_revisions(lower: str, higher: str) -> None:
    assert sort_key("apt", lower) < sort_key("apt", higher)


@pytest.mark.parametrize("same", [("1.0", "1.0-0"), ("1.0", "0:1.0"), ("1.01", "1.1"), ("1.", "1.0")])
def test_S4_debian_equals(same: tuple[str, str]) -> None:
    assert sort_key("apt", same[0]) == sort_key("apt", same[1])


@pytest.mark.parametrize("ecosystem", ["pip", "conda", "apt"])
@given(text=st.text(max_size=40))
def test_S4_nothing_raises_and_what_does_not_parse_sorts_first(ecosystem: str, text: str) -> None:
    key = sort_key(ecosystem, text)
    assert re.match("[01]", key)
    if key.startswith("0"):
        assert key < sort_key(ecosystem, "0.0.1")
    else:
        assert key.isascii()


def test_S4_a_number_beyond_all_bounds_is_kept_unparsed() -> None:
    assert sort_key("pip", "9" * 5000).startswith("0")
    assert sort_key("apt", "9" * 5000).startswith("0")
    assert sort_key("conda", "9" * 5000).startswith("0")
