"""What the gateway saw, as text for a terminal. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from headcount.demo.downloads import Downloads, Install
from headcount.demo.requests import Seen
from headcount.demo.table import table

_HEAD: Final = ("install", "agent", "packages", "index pages", "unchanged (304)", "metadata", "files", "other")
_WORDS: Final = {1: "first", 2: "again"}


def lines_of(downloads: Downloads) -> Iterator[str]:
    """Tell who asked the gateway for what, and whether each file was asked for once."""
    yield ""
    yield "What did each install ask the gateway for? (one event a request, on headcount.downloads.raw.v1)"
    yield from table(_HEAD, [_row(each, of_install(each, downloads.seen)) for each in downloads.installs])
    yield ""
    yield "Which files, how often, by whom?"
    yield from files(downloads)
    yield ""
    yield from map(verdict, downloads.installs, (of_install(each, downloads.seen) for each in downloads.installs))
    difference = len(downloads.seen) - downloads.answered
    yield f"  The gateway answered {downloads.answered} requests, and {len(downloads.seen)} are on Kafka: " + (
        "none lost, none twice." if difference == 0 else f"a difference of {difference}."
    )


def of_install(made: Install, seen: Sequence[Seen]) -> list[Seen]:
    """Give the requests of one install: by the agent's name, between its begin and its end."""
    return [each for each in seen if made.began <= each.at <= made.ended and each.agent.split("/")[0] == made.installer]


def _row(made: Install, seen: Sequence[Seen]) -> list[str]:
    counts = Counter(map(_column, seen))
    agent = seen[0].agent if seen else made.installer
    figures = (made.packages, *(counts[name] for name in _HEAD[3:]))
    return [f"{made.installer}, {_WORDS[made.number]}", agent, *map(str, figures)]


def _column(seen: Seen) -> str:
    if seen.kind == "index" and seen.status == 304:
        return "unchanged (304)"
    if seen.kind == "index" and seen.status == 200:
        return "index pages"
    if seen.is_whole_file:
        return "files"
    return "metadata" if seen.kind == "metadata" and seen.method == "GET" else "other"


def files(downloads: Downloads) -> list[str]:
    """Tell for each file how often each installer asked for it whole."""
    names = list(dict.fromkeys(made.installer for made in downloads.installs))
    counts: Counter[tuple[str, str]] = Counter()
    for made in downloads.installs:
        counts.update(
            (each.file or "(no name)", made.installer)
            for each in of_install(made, downloads.seen)
            if each.is_whole_file
        )
    found = sorted({file for file, _ in counts})
    return table(("file", *names), [(file, *(str(counts[file, name]) for name in names)) for file in found])


def verdict(made: Install, seen: Sequence[Seen]) -> str:
    """Say whether an install asked for each of its files once, and if not, what that means."""
    asked = Counter(each.file for each in seen if each.is_whole_file)
    total = sum(asked.values())
    begin = f"  {made.installer}, {_WORDS[made.number]}: {made.packages} packages, {total} requests for {len(asked)} files: "
    if total == made.packages == len(asked):
        return begin + ("each was asked for once." if made.number == 1 else "it asks again for what it has.")
    if total == 0 and made.number > 1:
        return begin + "all came from its cache, after a look at the index."
    if total > len(asked) and not any(each.kind == "metadata" for each in seen):
        return begin + "this index announces no metadata, so it looked into files before it took them."
    if total > len(asked):
        return begin + "some were asked for more than once."
    return begin + "the others came from its cache."
