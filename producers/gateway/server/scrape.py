"""The metrics of several workers as one page: each line under the number of its worker (pure)."""

import re
from collections.abc import Mapping
from typing import Final

_SAMPLE: Final = re.compile(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})? (.+)")


def together(own: str, workers: Mapping[int, str]) -> str:
    """Put pages in Prometheus' text format together, `own` without a number; a family's lines stay side by side."""
    families: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for number, text in ((None, own), *sorted(workers.items())):
        family = ""
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                samples.setdefault(family, [])
                families.setdefault(family, [])
            if line.startswith("#"):
                if line not in families[family]:
                    families[family].append(line)
            elif line:
                samples[family].append(line if number is None else _numbered(line, number))
    return "".join(f"{line}\n" for family in families for line in (*families[family], *samples[family]))


def _numbered(line: str, number: int) -> str:
    match = _SAMPLE.fullmatch(line)
    if match is None:
        return line
    name, labels, value = match.groups()
    return f'{name}{{worker="{number}"{"," + labels if labels else ""}}} {value}'
