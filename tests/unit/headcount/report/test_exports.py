"""The exports: all that the page has, as CSV for spreadsheets and as typed Parquet."""

import csv
import io
import json

import pyarrow.parquet

from headcount.report.export import COLUMNS, write_csv
from headcount.report.page import lay_out
from headcount.report.parquet_file import write_parquet
from tests.unit.headcount.report.rows import NOW, PUBLIC, SCOPE, answers, package, version, weekly


def test_csv_has_every_count_and_no_formula() -> None:
    page = lay_out(
        answers(versions=[version("a", theme="=1+1"), version("b", theme=None)], packages=package("@x", s1="a b")),
        SCOPE,
        NOW,
    )
    lines = write_csv(page).splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert 'package,\'@x,,2,1.0,2,,,,,"[""a"", ""b""]"' in lines
    assert 'theme,\'=1+1,,1,0.5,1,,,,,"[""a""]"' in lines
    assert 'theme,,,1,0.5,1,,,,,"[""b""]"' in lines
    assert any(line.startswith("python,CPython 3.12,,2,1.0,2,2,") for line in lines)


def test_parquet_has_the_rows_of_csv_typed() -> None:
    given = answers(
        versions=[version(f"p{number}", theme="=1+1") for number in range(7)],
        weekly=weekly("theme", "=1+1", None, *range(1, 12)),
    )
    for scope in (SCOPE, PUBLIC):
        page = lay_out(given, scope, NOW)
        table = pyarrow.parquet.read_table(io.BytesIO(write_parquet(page)))
        rows = list(csv.DictReader(io.StringIO(write_csv(page))))
        assert table.num_rows == len(rows)
        for typed, text in zip(table.to_pylist(), rows, strict=True):
            assert {name: text[name] for name in COLUMNS if name not in ("who", "value")} == {
                name: "" if typed[name] is None else str(typed[name])
                for name in COLUMNS
                if name not in ("who", "value")
            }
            assert typed["who"] == (json.loads(text["who"]) if text["who"] else None)
        theme = next(row for row in table.to_pylist() if row["question"] == "theme")
        assert theme["value"] == "=1+1"
        assert (theme["who"] is None) == scope.is_public
    assert pyarrow.parquet.read_table(io.BytesIO(write_parquet(lay_out(answers(), SCOPE, NOW)))).num_rows == 0
