"""When an upstream goes away, the log has a line of it; and one when it is back."""

import pytest

from producers.gateway.upstream.told import Told


def test_DL19_one_upstream_that_is_away_beside_one_that_answers_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    told = Told("index", None)
    for number in range(5):
        told("away", "TimeoutError", f"https://a.example.org/simple/t{number}/")
        told("fetched", "", f"https://b.example.org/simple/t{number}/")
    told("missing", "", "https://a.example.org/simple/other/")
    lines = [(record.getMessage(), vars(record)["fields"]) for record in caplog.records]
    assert lines == [
        ("an upstream does not answer", {"what": "index", "host": "a.example.org", "why": "TimeoutError"}),
        ("an upstream answers again", {"what": "index", "host": "a.example.org"}),
    ]
