"""M4: what the sink process shows and says of alerts: a gauge that is 0 or 1, and one line when one begins and ends."""

import logging

import pytest

from headcount.metrics import Metrics
from headcount.postgres import LostError
from sinks.alerts import Alert, Alerts

LOW = Alert("knowledge_low", "doctool", 0.4, 0.95, 1.0, 40, 100)
JUMPED = Alert("private_jumped", "pip_all", 0.5, 0.3, 0.1, 50, 100)


class Answers:
    """What the database says, one answer after another."""

    def __init__(self, *answers: list[Alert] | Exception) -> None:
        self._answers = iter(answers)
        self.metrics = Metrics()
        self.alerts = Alerts(self._next, self.metrics)

    def _next(self) -> list[Alert]:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def gauge(self, alert: str, name: str) -> float | None:
        return self.metrics.registry.get_sample_value("headcount_completeness_alert", {"alert": alert, "name": name})


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    return [
        (record.levelname, record.getMessage(), record.__dict__["fields"].get("name", "")) for record in caplog.records
    ]


def test_M4_the_gauge_is_one_while_it_fires_and_each_change_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answers = Answers([], [LOW, JUMPED], [LOW], [])
    seen = []
    for _ in range(4):
        assert answers.alerts.run_once()
        seen.append([answers.gauge(*alert.key) for alert in (LOW, JUMPED)])
    assert seen == [[0, None], [1, 1], [1, 0], [0, 0]]
    assert said(caplog) == [
        ("WARNING", "completeness: an alert fires", "doctool"),
        ("WARNING", "completeness: an alert fires", "pip_all"),
        ("INFO", "completeness: an alert has ended", "pip_all"),
        ("INFO", "completeness: an alert has ended", "doctool"),
    ]
    words = {"alert": "knowledge_low", "name": "doctool"}
    assert caplog.records[0].__dict__["fields"] == words | {
        "share": 0.4, "threshold": 0.95, "usual": 1.0, "found": 40, "total": 100,
    }  # fmt: skip


def test_M4_a_database_that_is_away_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    answers = Answers([LOW], LostError("gone"), [LOW])
    assert [answers.alerts.run_once() for _ in range(3)] == [True, False, True]
    assert answers.gauge(*LOW.key) == 1
    assert [text for _, text, _ in said(caplog)].count("completeness: an alert fires") == 1


def test_M4_before_the_first_answer_nothing_is_claimed() -> None:
    answers = Answers(LostError("gone"))
    assert not answers.alerts.run_once()
    assert answers.gauge(*LOW.key) is None
