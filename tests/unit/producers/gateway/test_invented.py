"""What is kept of values that a client can make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.gateway.answer import About, Kind, RuleType
from producers.gateway.invented import DIGEST, Invented, version_like


@pytest.mark.parametrize(
    "text",
    ["1", "1.0", "v1.2.3", "1.2.3-rc1", "1.2.3+build.5", "2024.01.15", "20240115", "latest", "stable", "nightly-20240115",
     "1.25-alpine", "1.25.3-alpine3.18", "3.12-slim-bookworm", "jammy", "1.2.3.4", "4.0.14.2939-ls223", "linux-amd64",
     "darwin_arm64", "x86_64-unknown-linux-musl", "aarch64-apple-darwin", "win32", "2.0.0b1", "1.1.0.post1"],
)  # fmt: skip
def test_DL10_versions_channels_and_platforms_are_kept(text: str) -> None:
    assert version_like(text) == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "acme-customer", "1.0-johndoe", "john@example.org", "192.0.2.7", "198.51.100.23-rc1", "a" * 65, "1.0/../x",
     "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AKIAIOSFODNN7EXAMPLE", "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
     "1.0 2", "héllo", "\x00", "password-1", "sha-abcdef0123"],
)  # fmt: skip
def test_DL10_anything_else_is_other(text: str) -> None:
    assert version_like(text) == "other"


@given(st.text())
def test_DL10_any_text_is_kept_or_other(text: str) -> None:
    assert version_like(text) in (text, "other")


def test_DL10_at_most_a_thousand_values_a_project_and_day() -> None:
    invented = Invented()

    def kept(version: str, day: int = 1, project: str = "tool", rule: RuleType = RuleType.FILE) -> str | None:
        return invented.about(About(rule, Kind.FILE, project, version), day).version

    for number in range(1_000):
        assert kept(f"1.{number}") == f"1.{number}"
    assert kept("2.0") == "other"
    assert kept("1.5") == "1.5"
    assert kept(DIGEST) == DIGEST
    assert kept("2.0", project="another") == "2.0"
    assert kept("2.0", rule=RuleType.DOCKER) == "2.0"
    assert kept("2.0", rule=RuleType.PYTHON) == "2.0"
    assert kept("2.0", day=2) == "2.0"


def test_DL10_names_of_projects_are_bounded_too() -> None:
    invented = Invented(limit=2)
    projects = [invented.about(About(RuleType.DOCKER, Kind.MANIFEST, name, "1.0"), 1).project for name in "abcab"]
    assert projects == ["a", "b", "other", "a", "b"]
    platforms = [About(RuleType.FILE, Kind.FILE, "a", "1", f"linux-{number}") for number in range(3)]
    assert [invented.about(each, 1).platform for each in platforms] == ["linux-0", "other", "other"]
