"""How a value moves by week, and which days a collector missed."""

from datetime import date

from headcount.report.completeness import Gap, collectors
from headcount.report.figures import K
from headcount.report.trend import HEIGHT, trends
from headcount.report.values import series_of
from tests.unit.headcount.report.rows import collected, weekly

LINE = ("python", series_of("CPython", "3.9"))


def test_a_trend_compares_the_first_weeks_with_the_last() -> None:
    found = trends(weekly("python", "CPython", "3.9", 8, 8, 8, 8, 5, 4, 2, 2, 2, 2), 1)[LINE]
    assert (found.first, found.last, found.weeks) == (0.8, 0.2, 10)
    assert round(found.points) == -60
    line = found.lines()
    assert len(line) == 1
    assert line[0].startswith("0.0,2.0 ")
    assert line[0].endswith(f"100.0,{HEIGHT - 2 - 5:.1f}")


def test_a_week_without_the_value_is_zero_and_a_short_series_is_none() -> None:
    rows = weekly("python", "CPython", "3.9", *[4] * 8) + weekly("python", "CPython", "3.14", *[2] * 2)
    found = trends(rows, 1)[("python", series_of("CPython", "3.14"))]
    assert list(found.shares) == [0.2, 0.2, *[0.0] * 6]
    assert trends(weekly("python", "CPython", "3.9", *[4] * 7), 1) == {}


def test_for_others_a_week_of_few_is_a_gap_and_not_a_zero() -> None:
    found = trends(weekly("python", "CPython", "3.9", *[7] * 6, 4, 0, *[6] * 6), K)[LINE]
    assert list(found.shares) == [*[0.7] * 6, None, None, *[0.6] * 6]
    assert len(found.lines()) == 2
    assert trends(weekly("python", "CPython", "3.9", *[4] * 20), K) == {}


def test_gaps_are_days_in_a_row_with_too_little_known() -> None:
    rows = collected("doctool", (100, 100), (100, 50), (100, 0), (100, 95), (20, 18)) + collected("python", (10, 10))
    worst, whole = collectors(rows)
    assert (worst.name, worst.builds, worst.known) == ("doctool", 420, 263)
    assert list(worst.gaps) == [
        Gap(date(2026, 2, 2), date(2026, 2, 3), 200, 50),
        Gap(date(2026, 2, 5), date(2026, 2, 5), 20, 18),
    ]
    assert (whole.name, list(whole.gaps), whole.more_gaps) == ("python", [], 0)
