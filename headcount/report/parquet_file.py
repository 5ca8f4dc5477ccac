"""The same rows as a Parquet file. The one place that imports pyarrow."""

import io
from dataclasses import asdict
from typing import Final

import pyarrow
import pyarrow.parquet

from headcount.report.export import lines
from headcount.report.page import Page

SCHEMA: Final = pyarrow.schema(
    [
        pyarrow.field("question", pyarrow.string(), nullable=False),
        pyarrow.field("value", pyarrow.string()),
        pyarrow.field("series", pyarrow.string()),
        pyarrow.field("projects", pyarrow.int64(), nullable=False),
        pyarrow.field("share", pyarrow.float64(), nullable=False),
        pyarrow.field("default_projects", pyarrow.int64()),
        pyarrow.field("or_older", pyarrow.int64()),
        pyarrow.field("weeks", pyarrow.int64()),
        pyarrow.field("first_share", pyarrow.float64()),
        pyarrow.field("last_share", pyarrow.float64()),
        pyarrow.field("who", pyarrow.list_(pyarrow.string())),
    ]
)


def write_parquet(page: Page) -> bytes:
    """Write all values, typed; a page without any is a file without rows."""
    table = pyarrow.Table.from_pylist([asdict(line) for line in lines(page)], schema=SCHEMA)
    output = io.BytesIO()
    pyarrow.parquet.write_table(table, output, compression="zstd")
    return output.getvalue()
