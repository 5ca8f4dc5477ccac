"""The figures of a page as rows, a row a value, and these as CSV. Pure."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from typing import Final

from headcount.report.figures import Cell
from headcount.report.page import Page

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One value of one question. Null: not known (`value`), not asked here, or not shown to others."""

    question: str
    value: str | None
    series: str | None
    """Of a package: the series of its versions; null: all of them."""
    projects: int
    share: float
    default_projects: int | None
    or_older: int | None
    weeks: int | None
    first_share: float | None
    last_share: float | None
    """How it moved: its mean share in the first and in the last four of so many weeks."""
    who: list[str] | None
    """The projects, by name."""


COLUMNS: Final = tuple(field.name for field in fields(Line))


def lines(page: Page) -> Iterator[Line]:
    """Give every value of a page, also those that its tables leave out for length."""
    for package in page.packages:
        yield _line(page, "package", package.whole.name, None, package.whole, "pip")
        for cell in package.series:
            yield _line(page, "package", package.whole.name, cell.name or "?", cell, None)
    if page.without_packages is not None:
        yield _line(page, "package", None, None, page.without_packages, None)
    for question in page.questions:
        for cell in question.counted.cells:
            yield _line(page, question.name, cell.name, None, cell, question.kind)


def _line(page: Page, question: str, value: str | None, series: str | None, cell: Cell, kind: str | None) -> Line:
    trend = page.trend_of(kind, cell)
    return Line(
        question=question,
        value=value,
        series=series,
        projects=cell.projects,
        share=round(cell.share, 4),
        default_projects=cell.default,
        or_older=cell.or_older,
        weeks=None if trend is None else trend.weeks,
        first_share=None if trend is None else round(trend.first, 4),
        last_share=None if trend is None else round(trend.last, 4),
        who=None if page.k > 1 else list(cell.who),
    )


def write_csv(page: Page) -> str:
    """Write all values, with a head; the projects of each as JSON."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines(page):
        *rest, who = astuple(line)
        writer.writerow([*(_inert(each) for each in rest), who and json.dumps(who, ensure_ascii=False)])
    return output.getvalue()


def _inert(cell: str | float | None) -> str | float | None:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
