"""The same rows as a Parquet file. The one place that imports pyarrow."""

import io
from dataclasses import asdict

from headcount.report.export import lines
from headcount.report.page import Page


def write_parquet(page: Page) -> bytes:
    """Write all values, typed; a page without any is a file without rows."""
    # Imported here, as its import takes a third of a second and starts a thread.
    import pyarrow
    import pyarrow.parquet

    text, number, share = pyarrow.string(), pyarrow.int64(), pyarrow.float64()
    schema = pyarrow.schema(
        [
            pyarrow.field("question", text, nullable=False),
            pyarrow.field("value", text),
            pyarrow.field("series", text),
            pyarrow.field("projects", number, nullable=False),
            pyarrow.field("share", share, nullable=False),
            pyarrow.field("default_projects", number),
            pyarrow.field("or_older", number),
            pyarrow.field("weeks", number),
            pyarrow.field("first_share", share),
            pyarrow.field("last_share", share),
            pyarrow.field("who", pyarrow.list_(text)),
        ]
    )
    table = pyarrow.Table.from_pylist([asdict(line) for line in lines(page)], schema=schema)
    output = io.BytesIO()
    pyarrow.parquet.write_table(table, output, compression="zstd")
    return output.getvalue()
