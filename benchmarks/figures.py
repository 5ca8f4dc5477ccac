"""What a benchmark measured beside what design.md asks for, and the one table of a run."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `least` and `goal` are the design's, null where it names none; `lower` is better: times."""

    what: str
    value: float
    unit: str
    least: float | None = None
    goal: float | None = None
    lower: bool = False

    def verdict(self) -> str:
        """Say whether it is reached, and by how much it is missed."""
        if self.least is None:
            return ""
        if self._reaches(self.goal):
            return "goal reached"
        if self._reaches(self.least):
            return "reached"
        share = self.least / self.value if self.lower else self.value / self.least
        return f"MISSED ({share:.0%} of what is asked)"

    def _reaches(self, wanted: float | None) -> bool:
        if wanted is None:
            return False
        return self.value <= wanted if self.lower else self.value >= wanted


def table(figures: Sequence[Figure]) -> str:
    """Lay the figures out as one Markdown table."""
    rows: list[tuple[str, ...]] = [("what", "measured", "at least", "goal", "")]
    for figure in figures:
        asked = [f"{_number(asked)} {figure.unit}" if asked else "" for asked in (figure.least, figure.goal)]
        rows.append((figure.what, f"{_number(figure.value)} {figure.unit}", asked[0], asked[1], figure.verdict()))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, tuple("-" * max(3, width) for width in widths))
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
