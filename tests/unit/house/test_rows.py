"""Every row of every domain has a test that carries its number, and the numbers are those that there are."""

import ast

import pytest

from tests.unit.house.rows import Domain, domains, held_by, missing, names_of_tests, numbers_in

COUNTS = {
    "Builds": {"B": 50, "C": 9, "I": 5, "K": 3, "L": 9, "M": 4, "P": 12, "Q": 14, "R": 13, "S": 5, "T": 6},
    "Downloads": {"DL": 35},
}
WAITING = {"DL29"}
"""Rows that nobody has asked for yet: the telemetry route."""


def test_every_row_has_a_test_of_its_own() -> None:
    assert missing() == []


@pytest.mark.parametrize("domain", domains(), ids=lambda domain: domain.title)
def test_no_row_is_left_out(domain: Domain) -> None:
    expected = {f"{letter}{n}" for letter, last in COUNTS[domain.title].items() for n in range(1, last + 1)} - WAITING
    assert set(domain.numbers) == expected
    assert len(domain.numbers) == len(expected)


def test_a_number_is_a_word_of_a_tests_name() -> None:
    assert numbers_in("test_B1_B50_and_C3_of_B2x") == {"B1", "B50", "C3"}
    assert numbers_in("test_R1_to_R13_a_line") == {"R1", "R13"}
    assert numbers_in("test_a_B") == set()
    tree = ast.parse("def test_B1_a(): ...\nclass T:\n    async def test_B2_b(self): ...\ndef helper_B3(): ...")
    assert list(names_of_tests(tree)) == ["test_B1_a", "test_B2_b"]
    assert any(test.startswith("tests/integration/sink/test_writer.py::") for test in held_by()["B37"])
