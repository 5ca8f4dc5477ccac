"""The answers as text."""

from headcount.demo import answers
from headcount.demo.table import bar, table


def test_columns_stand_under_their_heads_and_numbers_to_the_right() -> None:
    assert table(("name", "count"), [("a", "5"), ("longer", "12")], indent="") == [
        "name    count",
        "──────  ─────",
        "a           5",
        "longer     12",
    ]
    assert len(table(("name", "count"), [])) == 2


def test_a_bar_is_as_long_as_its_share() -> None:
    assert bar(2, 2, width=4) == "████"
    assert bar(1, 2, width=4) == "██"
    assert bar(1, 32, width=4) == "▏"
    assert bar(0, 0) == ""


def test_series_are_the_newest_first_and_other_ecosystems_are_left_out() -> None:
    rows = [
        {"ecosystem": "pip", "name": "sphinx", "series": "9", "sort_key": [9], "projects": 1},
        {"ecosystem": "pip", "name": "sphinx", "series": "10", "sort_key": [10], "projects": 2},
        {"ecosystem": "apt", "name": "bash", "series": "5", "sort_key": [5], "projects": 2},
        {"ecosystem": "pip", "name": None, "series": None, "sort_key": None, "projects": 1},
    ]
    lines = answers.packages(rows)
    assert len(lines) == 3
    assert lines[-1].endswith("10.x: 2  9.x: 1")


def test_the_unknown_is_named_so() -> None:
    rows = [
        {"os": "debian", "os_version": None, "projects": 2},
        {"os": None, "os_version": None, "projects": 1},
    ]
    assert [line.split()[0] for line in answers.values(rows, "os", "os_version")[2:]] == ["debian", "not"]


def test_the_ledger_is_said_to_balance_only_when_it_does() -> None:
    row = dict.fromkeys(
        ("handed_over", "dropped", "missing", "received", "accepted", "duplicate", "refused", "added", "difference"), 0
    )
    assert "nothing lost" in answers.ledger([row])[-1]
    assert "does not balance" in answers.ledger([row, {**row, "missing": 1}])[-1]
    assert "difference 3" in answers.ledger([{**row, "difference": 3}])[-1]
