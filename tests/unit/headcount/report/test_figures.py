"""Who counts once for what, and what is too few to be shown."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headcount.report import figures, values
from headcount.report.figures import Counted, Group, K, Universe
from tests.unit.headcount.report.rows import package, version

ROWS = st.lists(
    st.builds(
        version,
        st.sampled_from([f"p{number}" for number in range(12)]),
        python=st.sampled_from([None, "2.7.18", "3.8.1", "3.9.2", "3.10.0", "3.12.4"]),
        theme=st.sampled_from([None, "furo", "alabaster"]),
    )
)
Rows = list[dict[str, Any]]


def themes(rows: Rows, k: int = 1) -> Counted:
    everyone = figures.universe(rows, k)
    groups = figures.by_count(figures.group(rows, values.column("theme")))
    return figures.tabulate(figures.with_unknown(groups, everyone), everyone)


def pythons(rows: Rows, k: int = 1) -> Counted:
    everyone = figures.universe(rows, k)
    groups = figures.newest_first(figures.group(rows, values.python_series))
    return figures.tabulate(figures.with_unknown(groups, everyone), everyone, reach=True)


def counts(counted: Counted) -> list[tuple[str | None, int, int | None]]:
    return [(cell.name, cell.projects, cell.default) for cell in counted.cells]


def test_a_project_counts_once_a_value_and_its_default_version_by_itself() -> None:
    rows = [version("a"), version("a", "2"), version("b", theme="alabaster"), version("a", "3", theme="alabaster")]
    assert counts(themes(rows)) == [("alabaster", 2, 1), ("furo", 1, 1)]
    assert [cell.share for cell in themes(rows).cells] == [1.0, 0.5]


def test_the_unknown_is_a_row_of_its_own_and_last() -> None:
    rows = [version("a", theme=None), version("b", "1", theme=None), version("b", "2", theme="furo")]
    assert counts(themes(rows)) == [("furo", 1, 0), (None, 1, 1)]
    assert themes(rows).unknown == 1


def test_a_cell_says_who_and_to_others_it_does_not() -> None:
    rows = [version(f"p{number}") | {"project": f"slug-{number}"} for number in range(6)]
    assert list(themes(rows).cells[0].who) == [f"slug-{number}" for number in range(6)]
    public = themes(rows, K).cells[0]
    assert (public.who, public.default, public.or_older) == ((), None, None)


def test_series_sort_as_versions_and_say_whom_an_end_reaches() -> None:
    rows = [
        version("a", python="3.9.2"),
        version("b", "1", python="3.9.19"),
        version("b", "2", python="3.10.1"),
        version("c", python="3.10.0"),
    ]
    found = [(cell.name, cell.projects, cell.or_older) for cell in pythons(rows).cells]
    assert found == [("CPython 3.10", 2, 3), ("CPython 3.9", 2, 2)]


def test_an_end_reaches_its_own_kind_only() -> None:
    rows = [version("a", python="3.9.2"), version("b", implementation="PyPy", python="3.8.1"), version("c")]
    found = [(cell.name, cell.or_older) for cell in pythons(rows).cells]
    assert found == [("CPython 3.12", 2), ("CPython 3.9", 1), ("PyPy 3.8", 1)]


@given(ROWS)
def test_no_sum_over_series_is_under_its_own_or_over_all_projects(rows: Rows) -> None:
    counted = pythons(rows)
    active = figures.universe(rows, 1).active
    reached = [cell.or_older or 0 for cell in reversed(counted.known)]
    assert reached == sorted(reached)
    assert all(cell.projects <= (cell.or_older or 0) <= active for cell in counted.known)
    # The oldest or newer is everybody of whom something is known.
    assert (reached or [0])[-1] + counted.unknown == active


@given(ROWS)
def test_P7_the_floor_leaves_no_small_figure_and_loses_no_row(rows: Rows) -> None:
    for counted in (pythons, themes):
        public = counted(rows, K)
        assert all(cell.projects >= K and cell.or_older is None for cell in public.cells)
        assert len(public.cells) + public.hidden == len(counted(rows).cells)


@given(ROWS)
def test_P7_what_is_hidden_cannot_be_computed_from_the_rest(rows: Rows) -> None:
    everyone = figures.universe(rows, K)
    groups = figures.with_unknown(figures.group(rows, values.column("theme")), everyone)
    shown = figures.floored(groups, K)
    seen = frozenset[str]().union(*(each.projects for each in shown))
    left = frozenset(everyone.names) - seen
    assert not shown or not left or len(left) >= K


def test_P7_one_small_row_takes_the_next_smallest_with_it() -> None:
    groups = [
        Group(name, (), frozenset(f"{name}{number}" for number in range(count)), frozenset())
        for name, count in (("furo", 60), ("alabaster", 30), ("nature", 8), ("haiku", 2))
    ]
    assert [each.name for each in figures.floored(groups, K)] == ["furo", "alabaster"]
    assert [each.name for each in figures.floored(groups[:3], K)] == ["furo", "alabaster", "nature"]


def test_packages_have_their_series_newest_first_and_the_floor_takes_both() -> None:
    rows = package("sphinx", s7="a b c d", s10="e f g h i j") + package("furo", s2024="a b c d")
    everyone = Universe({name: name for name in "abcdefghij"})
    own = figures.packages(rows, everyone)
    assert [(each.whole.name, each.whole.projects, [cell.name for cell in each.series]) for each in own] == [
        ("sphinx", 10, ["10.x", "7.x"]),
        ("furo", 4, ["2024.x"]),
    ]
    assert list(own[0].series[-1].who) == ["a", "b", "c", "d"]
    public = figures.packages(rows, Universe(everyone.names, K))
    # 10 less 6 would tell the 4.
    assert [(each.whole.name, each.series) for each in public] == [("sphinx", [])]


def test_a_system_without_a_dotted_number_has_its_full_name() -> None:
    def name_of(**given: Any) -> list[str]:
        return [name for name, _, _ in values.system(version("a", **given))]

    assert name_of() == ["ubuntu 24.04"]
    full = "Debian GNU/Linux 12 (bookworm)"
    assert name_of(os="debian", os_version=None, os_name=full) == [full]
    assert name_of(os=None, os_version=None, os_name=None) == []


def test_a_tool_counts_for_itself_only() -> None:
    rows = [version("a"), version("b", tool="mkdocs", tool_version="1.6.1"), version("c", tool_version="unreleased")]
    found = figures.group(rows, values.tool_series("sphinx", "Sphinx"))
    assert [(each.name, set(each.projects)) for each in found] == [("Sphinx 8.x", {"a"})]


def test_a_key_counts_once_whatever_its_values() -> None:
    rows = [
        {"key": "version", "value": "1", "project_ids": ["a"]},
        {"key": "version", "value": "2", "project_ids": ["b", "c"]},
        {"key": "build", "value": None, "project_ids": ["b"]},
    ]
    found = {each.name: set(each.projects) for each in figures.config_keys(rows)}
    assert found == {"version": {"a", "b", "c"}, "version: 1": {"a"}, "version: 2": {"b", "c"}, "build": {"b"}}


def test_P7_to_others_all_values_of_a_key_are_shown_or_none() -> None:
    """Else 100 with a version less 97 with version 2 would tell who has version 1."""
    many = [f"p{number}" for number in range(97)]
    rows = [
        {"key": "version", "value": "2", "project_ids": many},
        {"key": "version", "value": "1", "project_ids": ["a", "b", "c"]},
        {"key": "formats", "value": "pdf", "project_ids": many[:9]},
        {"key": "formats", "value": "epub", "project_ids": many[9:20]},
    ]
    names = {each.name for each in figures.config_keys(rows, K)}
    assert names == {"version", "formats", "formats: pdf", "formats: epub"}
    assert len(figures.config_keys(rows)) == 6


def test_unknown_of_nothing_is_zero() -> None:
    assert (Counted([]).unknown, Counted([]).known) == (0, [])
