"""The figures of a page as CSV: a row a value. Pure."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from headcount.report.page import Page

HEAD: Final = ("question", "value", "series", "projects", "or_older")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(page: Page) -> str:
    """Write all counts, with a head. An empty value is the unknown."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(HEAD)
    for row in _rows(page):
        writer.writerow([_inert(cell) for cell in row])
    return output.getvalue()


def _rows(page: Page) -> Iterator[tuple[str | int | None, ...]]:
    for package in page.packages:
        yield ("package", package.name, None, package.projects, None)
        for cell in package.series:
            yield ("package", package.name, cell.name or "?", cell.projects, None)
    for question, counted in (
        ("python", page.pythons),
        ("system", page.systems),
        ("build.os", page.asked),
        ("tool", page.tools),
        ("theme", page.themes),
    ):
        for cell in counted.cells:
            yield (question, cell.name, None, cell.projects, cell.or_older)


def _inert(cell: str | int | None) -> str | int | None:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
