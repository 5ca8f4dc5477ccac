"""Which fields of a build event are expected and which of these have a value: two bit masks, one bit a field.

Masks, because most events are alike: who adds up counts pairs of masks, and looks at fields once a transaction. The function
is written as Python source from the table, as it runs for every event: called field by field it took four times as long.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from schemas.builds.expected import FIELDS, Facts, Rule

Masks = tuple[int, int]
"""Expected, and filled of these."""

_ROWS: Final = frozenset({
    "packages.pip.declared", "packages.pip.root", "packages.pip.all", "packages.conda.all", "packages.apt.declared",
    "packages.apt.all", "steps", "collectors",
})  # fmt: skip
"""Paths that are many records: a field of theirs is filled where any of them has it."""

_NULLABLE: Final = frozenset({"organization", "version", "build.failure"})
"""Paths of records that may be null as a whole (T1)."""


def _note(path: str, indent: str, note: str) -> list[str]:
    """Give the lines that do `note` where event `e` has a value at `path`: false and 0 are values, "" and [] are none."""
    above, _, name = path.rpartition(".")
    record = "e" + "".join(f"[{part!r}]" for part in above.split(".") if part)
    has_value = f"(v := {'r' if above in _ROWS else record}[{name!r}]) or v == 0"
    if above in _ROWS:
        rows = f"{record}.values()" if above == "collectors" else record
        # No any(): its generator costs more than the first row, which mostly has the value.
        return [f"{indent}for r in {rows}:", f"{indent} if {has_value}:", f"{indent}  {note}; break"]
    if above in _NULLABLE:
        has_value = f"{record} is not None and ({has_value})"
    return [f"{indent}if {has_value}: {note}"]


def _compile() -> Callable[[Facts], Masks]:
    by_rule: dict[Rule | None, list[tuple[int, str]]] = {}
    for place, (path, rule) in enumerate(FIELDS.items()):
        by_rule.setdefault(rule, []).append((1 << place, path))
    names: dict[str, Any] = {}
    lines = ["def masks(facts):", " e = facts.event", " expected = filled = 0"]
    for number, (rule, fields_) in enumerate(by_rule.items()):
        if rule is None:
            for bit, path in fields_:
                lines += _note(path, " ", f"filled |= {bit}; expected |= {bit}")
            continue
        names[f"rule_{number}"] = rule
        lines += [f" if rule_{number}(facts):", f"  expected |= {sum(bit for bit, _ in fields_)}"]
        for bit, path in fields_:
            lines += _note(path, "  ", f"filled |= {bit}")
    lines.append(" return expected, filled")
    exec("\n".join(lines), names)
    compiled: Callable[[Facts], Masks] = names["masks"]
    return compiled


masks: Final = _compile()
"""Give which fields of an event are expected, and which of these are filled."""


def fields(mask: int) -> Iterable[str]:
    """Name the fields of a mask."""
    return (path for place, path in enumerate(FIELDS) if mask >> place & 1)
