"""The window that a report is about."""

from datetime import UTC, datetime

import click
import pytest

from headcount.report.command import scope_of
from tests.unit.headcount.report.rows import NOW


def test_the_last_day_is_whole_and_the_default_window_ends_now() -> None:
    given = scope_of(None, datetime(2026, 1, 1), datetime(2026, 1, 31), is_public=False, now=NOW)
    assert (given.since, given.until) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    default = scope_of(None, None, None, is_public=False, now=NOW)
    assert (default.until, (default.until - default.since).days) == (NOW, 90)
    today = scope_of(None, None, datetime(2026, 3, 2), is_public=False, now=NOW)
    assert today.until == NOW


def test_days_at_the_ends_of_the_calendar_are_days() -> None:
    assert scope_of(None, None, datetime(9999, 12, 31), is_public=False, now=NOW).until == NOW
    first = scope_of(None, None, datetime(1, 1, 1), is_public=False, now=NOW)
    assert (first.since, first.until) == (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC))


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(click.UsageError, match="--from must come before"):
        scope_of(None, datetime(2026, 3, 3), None, is_public=False, now=NOW)
