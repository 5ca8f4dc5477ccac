"""Who counts once for what, and what is too few to be shown."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headcount.report import figures
from headcount.report.figures import Cell, Counted, K
from tests.unit.headcount.report.rows import package, version

ROWS = st.lists(
    st.builds(
        version,
        st.sampled_from([f"p{number}" for number in range(12)]),
        python=st.sampled_from([None, "2.7.18", "3.8.1", "3.9.2", "3.10.0", "3.12.4"]),
        theme=st.sampled_from([None, "furo", "alabaster"]),
    )
)


def test_a_project_counts_once_a_value() -> None:
    rows = [version("a", "1"), version("a", "2"), version("b", theme="alabaster"), version("a", "3", theme="alabaster")]
    counted = figures.count_projects(rows, lambda row: row["theme"])
    assert counted.cells == [Cell("alabaster", 2), Cell("furo", 1)]


def test_the_unknown_is_a_row_of_its_own_and_last() -> None:
    rows = [version("a", theme=None), version("b", "1", theme=None), version("b", "2", theme="furo")]
    counted = figures.count_projects(rows, lambda row: row["theme"])
    assert counted.cells == [Cell("furo", 1), Cell(None, 1)]
    assert counted.unknown == 1


def test_series_sort_as_versions_and_say_whom_an_end_reaches() -> None:
    rows = [
        version("a", python="3.9.2"),
        version("b", "1", python="3.9.19"),
        version("b", "2", python="3.10.1"),
        version("c", python="3.10.0"),
    ]
    counted = figures.count_series(rows, figures.python_series)
    assert counted.cells == [Cell("CPython 3.10", 2, or_older=3), Cell("CPython 3.9", 2, or_older=2)]


@given(ROWS)
def test_no_sum_over_series_is_under_its_own_or_over_all_projects(rows: list[dict[str, Any]]) -> None:
    counted = figures.count_series(rows, figures.python_series)
    reached = [cell.or_older or 0 for cell in reversed(counted.known)]
    assert reached == sorted(reached)
    assert all(cell.projects <= (cell.or_older or 0) <= figures.active_projects(rows) for cell in counted.known)
    # The oldest or newer is everybody of whom something is known.
    assert (reached or [0])[-1] + counted.unknown == figures.active_projects(rows)


@given(ROWS)
def test_the_floor_leaves_no_small_figure_and_loses_no_row(rows: list[dict[str, Any]]) -> None:
    for counted in (
        figures.count_series(rows, figures.python_series),
        figures.count_projects(rows, lambda row: row["theme"]),
    ):
        public = figures.floored(counted, K)
        assert all(cell.projects >= K and cell.or_older is None for cell in public.cells)
        assert len(public.cells) + public.hidden == len(counted.cells)
        assert figures.floored(counted, 1) == counted


def test_the_top_keeps_the_unknown_and_says_how_many_more() -> None:
    counted = Counted([Cell("a", 3), Cell("b", 2), Cell("c", 2), Cell(None, 1)], hidden=4)
    assert figures.top(counted, 1) == Counted([Cell("a", 3), Cell(None, 1)], hidden=4, more=2)
    assert figures.top(counted, 3) == counted


def test_the_floor_takes_packages_and_their_series() -> None:
    rows = package("sphinx", 9, s8=6, s7=4) + package("furo", 4, s2024=4)
    assert [(each.name, [cell.name for cell in each.series]) for each in figures.packages(rows, K)] == [
        ("sphinx", ["8.x"])
    ]
    assert len(figures.packages(rows, 1)) == 2


def test_a_system_without_a_dotted_number_has_its_full_name() -> None:
    assert figures.system(version("a")) == "ubuntu 24.04.1"
    assert figures.system(version("a", os="debian", os_version=None, os_name="Debian GNU/Linux 12 (bookworm)")) == (
        "Debian GNU/Linux 12 (bookworm)"
    )
    assert figures.system(version("a", os=None, os_version=None, os_name=None)) is None


def test_a_tool_counts_for_itself_only() -> None:
    rows = [version("a"), version("b", tool="mkdocs", tool_version="1.6.1"), version("c", tool_version="unreleased")]
    assert figures.count_series(rows, figures.tool_series("sphinx", "Sphinx")).known == [Cell("Sphinx 8.x", 1, 1)]


def test_unknown_of_nothing_is_zero() -> None:
    assert (Counted([]).unknown, Counted([]).known) == (0, [])
