"""The page: nothing gets out of its place, nothing is loaded, and the public one says nothing of few."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from headcount.report.csv_file import HEAD, write_csv
from headcount.report.page import lay_out, render
from tests.unit.headcount.report.rows import LEDGER, NOW, PUBLIC, SCOPE, answers, latest, package, version

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><b>",
    "{{ page.k }}",
    "a'b&c",
)
WORDS = """
html head meta title style body main header div b span section h1 h2 p ul li small table thead tbody tr th td
svg rect i code br footer
"""
EXPECTED_TAGS = set(WORDS.split())


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def full_page(name: str = "kiln") -> str:
    return render(
        lay_out(
            answers(
                versions=[
                    version(name, name, theme=name, tool_version="7.1", python="3.9.1", os=name, os_version=name),
                    version("glaze", image_os=name, implementation=name, python="3.11.1"),
                ],
                packages=package(name, 2, s1=2),
                latest=[latest(name, name, success=False, failure_stage=name, failure_error=name), latest("glaze")],
                failing=[{"project": name, "builds": 3, "stage": name, "last_build_at": NOW}],
                outcomes={"projects": 2, "versions": 2, "failing_versions": 1, "failing_projects": 1},
                collectors=[{"collector": name, "builds": 2, "known": 1}],
                ledger=LEDGER,
            ),
            SCOPE,
            NOW,
        )
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text_wherever_it_stands(name: str) -> None:
    tags = Tags(full_page(name))
    friendly = Tags(full_page())
    assert [tag for tag, _ in tags.found] == [tag for tag, _ in friendly.found]
    assert name in "".join(tags.texts)
    assert {tag for tag, _ in tags.found} <= EXPECTED_TAGS


def test_the_page_loads_nothing_and_fits_a_phone() -> None:
    text = full_page()
    tags = Tags(text)
    for tag, attributes in tags.found:
        assert not {"src", "href", "srcset", "action", "style"} & set(attributes), tag
        assert not any(name.startswith("on") for name in attributes), tag
    assert not re.search(r"url\(|@import|//[a-z]", text)
    policy = next(each for tag, each in tags.found if each.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert any(each.get("name") == "viewport" for _, each in tags.found)
    assert "prefers-color-scheme: dark" in text


def test_an_install_without_any_build_has_a_page() -> None:
    text = render(lay_out(answers(), SCOPE, NOW))
    assert "No build in this window." in text
    assert "Nothing lost" not in "".join(_headlines(text))
    assert render(lay_out(answers(), PUBLIC, NOW))


def _headlines(text: str) -> Iterator[str]:
    return (each for each in re.findall(r"<li class.*?</li>", text, re.DOTALL))


def test_what_fails_comes_first_and_by_name() -> None:
    first = next(_headlines(full_page()))
    assert "1 project of 2 has a version whose latest build failed." in first
    assert "kiln kiln" in first


def test_a_ledger_that_does_not_balance_is_said_aloud() -> None:
    text = render(lay_out(answers(ledger={**LEDGER, "missing": 2, "difference": 1}), SCOPE, NOW))
    assert "Not every event is accounted for." in text
    assert "Nothing lost" not in text
    assert "Difference: 1" in text


def test_for_others_no_name_of_a_project_and_no_small_figure() -> None:
    few = [version(f"secret-{number}", theme="private-theme") for number in range(4)]
    many = [version(f"open-{number}") for number in range(7)]
    text = render(
        lay_out(
            answers(
                versions=few + many,
                packages=package("sphinx", 11, s8=11) + package("private-package", 4, s1=4),
                latest=[latest("secret-1", success=False)],
                failing=[{"project": "secret-1", "builds": 3, "stage": None, "last_build_at": NOW}],
                outcomes={"projects": 11, "versions": 11, "failing_versions": 1, "failing_projects": 1},
            ),
            PUBLIC,
            NOW,
        )
    )
    assert "furo" in text
    assert ">7</td>" in text
    for hidden in ("secret-", "open-", "private-", "latest build failed", ">4<", ">1<", "End reaches"):
        assert hidden not in text, hidden


def test_for_others_a_figure_is_hidden_where_its_rest_is_small() -> None:
    """Seven known of eleven tell that four are not known."""
    versions = [version(f"p{number}", theme=None if number < 4 else "furo") for number in range(11)]
    page = lay_out(answers(versions=versions), PUBLIC, NOW)
    assert "HTML theme" not in dict(page.known)
    assert dict(page.known)["Python"] == 11


def test_large_figures_are_grouped_and_long_tables_are_cut() -> None:
    versions = [version(f"p{number}", theme=f"theme-{number % 40}") for number in range(1234)]
    text = render(lay_out(answers(versions=versions), SCOPE, NOW))
    assert "<b>1\u202f234</b>" in text
    assert "25 more values, of fewer projects" in text
    assert text.count("theme-") == 15


def test_csv_has_every_count_and_no_formula() -> None:
    page = lay_out(
        answers(versions=[version("a", theme="=1+1"), version("b", theme=None)], packages=package("@x", 2, s1=2)),
        SCOPE,
        NOW,
    )
    lines = write_csv(page).splitlines()
    assert lines[0] == ",".join(HEAD)
    assert "package,'@x,,2," in lines
    assert "theme,'=1+1,,1," in lines
    assert "theme,,,1," in lines
    assert "python,CPython 3.12,,2,2" in lines
