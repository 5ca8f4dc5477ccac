"""The page: nothing gets out of its place, nothing is loaded, and the public one says nothing of few."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from headcount.report.export import write_csv
from headcount.report.page import lay_out, render
from tests.unit.headcount.report.rows import (
    LEDGER,
    NOW,
    PUBLIC,
    SCOPE,
    answers,
    collected,
    latest,
    package,
    version,
    weekly,
)

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><b>",
    "{{ page.k }}",
    "a'b&c",
)
WORDS = """
html head meta title style body main header div b span section h1 h2 p ul li small table thead tbody tr th td
svg rect polyline i code br footer details summary
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
                    version(
                        name,
                        name,
                        theme=name,
                        extensions=[name],
                        image=name,
                        tool_version="7.1",
                        python="3.9.1",
                        os=name,
                        os_version=name,
                    ),
                    version("glaze", theme=name, image_os=name, implementation=name, python="3.11.1"),
                ],
                packages=[{"name": name, "series": "1", "project_ids": [name, "glaze"], "default_ids": [name]}],
                config_keys=[{"key": name, "value": name, "project_ids": [name]}],
                weekly=weekly("theme", name, None, *range(1, 12)),
                latest=[latest(name, name, success=False, failure_stage=name, failure_error=name), latest("glaze")],
                failing=[{"project": name, "builds": 3, "stage": name, "last_build_at": NOW}],
                collectors=collected(name, (2, 1), (3, 3)),
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
    many = [version(f"open-{number}", theme="furo" if number < 7 else "alabaster") for number in range(12)]
    text = render(
        lay_out(
            answers(
                versions=few + many,
                packages=package("sphinx", s8=" ".join(f"open-{n}" for n in range(7)))
                + package("private-package", s1="secret-0 secret-1 secret-2 secret-3"),
                config_keys=[{"key": "private-key", "value": None, "project_ids": ["secret-1"]}],
                weekly=weekly("theme", "private-theme", None, *[4] * 12),
                latest=[latest("secret-1", success=False)],
                failing=[{"project": "secret-1", "builds": 3, "stage": None, "last_build_at": NOW}],
            ),
            PUBLIC,
            NOW,
        )
    )
    assert "furo" in text
    assert ">7</td>" in text
    for hidden in (
        "secret-",
        "open-",
        "private-",
        "alabaster",
        "latest build failed",
        ">4<",
        ">1<",
        ">5<",
        "End reaches",
        "By default",
    ):
        assert hidden not in text, hidden


def test_for_others_a_figure_is_hidden_where_its_rest_is_small() -> None:
    """Seven known of eleven tell that four are not known."""
    versions = [version(f"p{number}", theme=None if number < 4 else "furo") for number in range(11)]
    page = lay_out(answers(versions=versions), PUBLIC, NOW)
    assert "HTML theme" not in dict(page.known)
    assert dict(page.known)["Python"] == 11


def test_a_cell_says_who_how_it_moves_and_how_many_are_left() -> None:
    versions = [version(f"p{number}", python="3.9.1" if number < 50 else "3.12.1") for number in range(60)]
    text = render(
        lay_out(
            answers(versions=versions, weekly=weekly("python", "CPython", "3.9", *range(30, 4, -1), active=60)),
            SCOPE,
            NOW,
        )
    )
    row = next(each for each in text.split("<tr>") if "CPython 3.9</th>" in each)
    assert "83\u00a0%" in row
    assert "p0, p1, p10" in row
    assert "and 10 more" in row
    assert "−36.7" in row
    assert re.search(r'aria-label="48\u00a0% in the first of 26 weeks, 11\u00a0% in the last"', row)
    assert "--arg kind=python" in text
    assert "26 weeks, points" in text


def test_every_table_has_the_unknown_as_a_row_of_its_own() -> None:
    nothing = dict.fromkeys(
        (
            "implementation",
            "python",
            "os",
            "os_name",
            "os_version",
            "tool",
            "tool_version",
            "theme",
            "extensions",
            "image_os",
            "image",
        )
    )
    rows = [version("a"), version("b", has_config=False, has_packages=False, **nothing), version("c", tool="generic")]
    page = lay_out(answers(versions=rows, packages=package("sphinx", s8="a c")), SCOPE, NOW)
    unknown = {(each.name, each.title): each.counted.unknown for each in page.questions}
    assert set(unknown.values()) == {1}, unknown
    assert page.without_packages is not None
    assert list(page.without_packages.who) == ["b"]
    tools = next(each.counted for each in page.questions if each.name == "tool")
    assert [cell.name for cell in tools.cells] == ["Sphinx 8.x", "generic", None]
    assert write_csv(page).count("\npackage,,,1,") == 1
    assert render(page).count('<tr class="unknown">') == len(page.questions) + 1


def test_past_keys_have_a_table_of_their_own() -> None:
    keys = [
        {"key": "build.image", "value": "build:8", "project_ids": ["a"]},
        {"key": "sphinx.configuration", "value": "conf.py", "project_ids": ["a", "b"]},
    ]
    page = lay_out(answers(versions=[version("a"), version("b", has_config=False)], config_keys=keys), SCOPE, NOW)
    past, used = (question.counted for question in page.questions if question.name == "config")
    assert [(cell.name, cell.projects) for cell in past.cells] == [("build.image", 1), (None, 1)]
    assert "sphinx.configuration" in {cell.name for cell in used.cells}
    assert "build.image" not in {cell.name for cell in used.cells}


def test_P7_private_projects_are_a_number_and_nothing_else() -> None:
    assert "3 active projects are private, and in no figure here" in render(
        lay_out(answers(private_projects=3), SCOPE, NOW)
    )
    assert "Fewer than 5 active projects are private" in render(lay_out(answers(private_projects=3), PUBLIC, NOW))
    assert "No active project is private" in render(lay_out(answers(), PUBLIC, NOW))


def test_gaps_of_a_collector_are_said_with_their_days() -> None:
    text = render(lay_out(answers(collectors=collected("doctool", (50, 50), (50, 0), (50, 10))), SCOPE, NOW))
    assert "2026-02-02 to 2026-02-03: 10\u00a0%" in text


def test_large_figures_are_grouped_and_long_tables_are_cut() -> None:
    versions = [version(f"p{number}", theme=f"theme-{number % 40}") for number in range(1234)]
    text = render(lay_out(answers(versions=versions), SCOPE, NOW))
    assert "<b>1\u202f234</b>" in text
    assert "25 more values, of fewer projects" in text
    assert len(re.findall(r'<th scope="row">theme-', text)) == 15


def test_oldest_and_newest_are_told_within_a_kind_and_of_what_has_a_version() -> None:
    versions = [
        version("a", implementation="PyPy", python="3.10.1"),
        version("b", implementation="GraalPy", python="3.10.2"),
        version("c", implementation="PyPy", python="3.9.1"),
        version("d", tool="generic", tool_version=None),
        version("e", tool="sphinx", tool_version=None),
    ]
    said = [(each.text, each.more) for each in lay_out(answers(versions=versions), SCOPE, NOW).headlines]
    assert (
        "PyPy 3.9 is the oldest in use, PyPy 3.10 the newest.",
        "An end of PyPy 3.9 would reach 1 project of 5.",
    ) in said
    assert [text.partition(" is ")[0] for text, _ in said if "only series" in text] == [
        "CPython 3.12",
        "GraalPy 3.10",
        "Sphinx 8.x",
    ]
