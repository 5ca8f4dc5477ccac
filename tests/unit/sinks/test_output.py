"""Rows for people and programs."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

from sinks.output import Form, lines

COLUMNS = ("at", "name", "n", "share", "hash", "list", "none")
ROW = (datetime(2026, 3, 2, 10, tzinfo=UTC), 'a "b", c', Decimal("12"), Decimal("0.5"), b"\x01\xff", [1, 2], None)


def test_json_is_one_object_a_line_with_utc_times_and_plain_numbers() -> None:
    (line,) = lines(Form.JSON, COLUMNS, [ROW])
    assert json.loads(line) == {
        "at": "2026-03-02T10:00:00Z",
        "name": 'a "b", c',
        "n": 12,
        "share": 0.5,
        "hash": "01ff",
        "list": [1, 2],
        "none": None,
    }


def test_csv_has_a_header_and_quotes_what_needs_it() -> None:
    header, line = lines(Form.CSV, COLUMNS, [ROW])
    assert header == "at,name,n,share,hash,list,none"
    assert line == '2026-03-02T10:00:00Z,"a ""b"", c",12,0.5,01ff,"[1, 2]",'


def test_a_table_is_aligned_and_nothing_in_it_moves_the_terminal() -> None:
    text = list(
        lines(Form.TABLE, ("name", "day"), [("\x1b[2Jevil\n", date(2026, 1, 2)), (None, None), ("x" * 100, None)])
    )
    assert not any(sign in line for line in text for sign in "\x1b\n")
    assert text[3].startswith("–")
    assert "…" in text[4]
    assert len({line.index("2026") for line in text if "2026" in line} | {text[0].index("day")}) == 1
