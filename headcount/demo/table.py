"""Tables and bars for a terminal. Pure."""

from collections.abc import Sequence
from typing import Final

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, indent: str = "  ") -> list[str]:
    """Lay out rows under a head; columns of numbers stand to the right."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    is_number = [bool(rows) and all(cell.isdigit() for cell in column[1:]) for column in columns]

    def line(cells: Sequence[str]) -> str:
        placed = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, is_number, strict=True)
        )
        return (indent + "  ".join(placed)).rstrip()

    return [line(head), indent + "  ".join("─" * width for width in widths), *map(line, rows)]


def bar(value: float, most: float, *, width: int = 16) -> str:
    """Draw `value` as a bar, `most` being the whole width."""
    eighths = round(8 * width * value / most) if most else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
