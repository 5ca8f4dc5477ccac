"""The sentences at the top of a report: what somebody has to know before a decision. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headcount.report.ask import Answers, Row
from headcount.report.figures import Cell, Counted, Universe, family, may_say


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence that somebody can decide by; `mood` is good, bad or plain."""

    mood: str
    text: str
    more: str = ""


def headlines(
    answers: Answers, everyone: Universe, known: Mapping[str, int], counted: Mapping[str, Counted]
) -> list[Headline]:
    """Give them in order; to others only those that say nothing of few projects. `known`: of how many it is not."""
    found = [_failing(answers, everyone)]
    if not everyone.is_public:
        families: dict[str, list[Cell]] = {}
        for cell in (*counted["python"].known, *counted["tool"].known):
            if re.search(r"\d", cell.name or ""):  # one without a number is neither old nor new
                families.setdefault(family(cell.name), []).append(cell)
        found += [_oldest(each, everyone.active) for each in families.values()]
    if all(may_say(each, everyone.active, everyone.k) for each in known.values()):
        found.append(_completeness(known, everyone.active))
    found.append(_balance(answers.ledger))
    return [headline for headline in found if headline is not None]


def _failing(answers: Answers, everyone: Universe) -> Headline | None:
    built = {row["project_id"] for row in answers.latest}
    bad = [row for row in answers.latest if not row["success"]]
    failing = len({row["project_id"] for row in bad})
    if not built or not may_say(failing, len(built), everyone.k):
        return None
    if not failing:
        return Headline("good", "The latest build of every version passed.")
    verb = "has" if failing == 1 else "have"
    text = f"{_count(failing, 'project')} of {figure(len(built))} {verb} a version whose latest build failed."
    names = [] if everyone.is_public else [f"{row['project']} {row['version']}" for row in bad[:3]]
    left = len(bad) - len(names)
    return Headline("bad", text, ", ".join(names) + (f" and {figure(left)} more" if names and left > 0 else ""))


def _oldest(cells: Sequence[Cell], active: int) -> Headline:
    newest, oldest = cells[0], cells[-1]
    reach = f"{_count(oldest.projects, 'project')} of {figure(active)}"
    if newest is oldest:
        return Headline("plain", f"{oldest.name} is the only series in use of its kind, in {reach}.")
    return Headline(
        "plain",
        f"{oldest.name} is the oldest in use, {newest.name} the newest.",
        f"An end of {oldest.name} would reach {reach}.",
    )


def _completeness(known: Mapping[str, int], active: int) -> Headline | None:
    if not active:
        return None
    missing = {name: unknown for name, unknown in known.items() if unknown}
    if not missing:
        return Headline("good", f"No gaps: every answer below covers {_all(active)}.")
    worst = max(missing, key=lambda name: missing[name])
    return Headline(
        "plain",
        f"{worst}: not known of {figure(missing[worst])} of {_count(active, 'project')}, so that much is left to guess.",
    )


def _all(active: int) -> str:
    return "the one active project" if active == 1 else f"all {figure(active)} active projects"


def _balance(ledger: Row) -> Headline | None:
    if not ledger["handed_over"]:
        return None
    if ledger["difference"] == 0 and ledger["missing"] == 0 and ledger["dropped"] == 0:
        return Headline(
            "good",
            "Nothing lost, nothing counted twice.",
            f"{_count(ledger['handed_over'], 'event')} handed over, every one accounted for.",
        )
    return Headline(
        "bad",
        "Not every event is accounted for.",
        f"Dropped {ledger['dropped']}, missing {ledger['missing']}, difference {ledger['difference']}:"
        " see `headcount ledger`.",
    )


def _count(number: int, noun: str) -> str:
    return f"{figure(number)} {noun}" if number == 1 else f"{figure(number)} {noun}s"


def figure(number: int) -> str:
    """Group the thousands by a narrow space that breaks no line."""
    return f"{number:,}".replace(",", "\u202f")
