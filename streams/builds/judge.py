"""Judges one raw build event: refused with a reason, or given in the clean shape (builds.md B1–B7, T1–T4)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.builds.latest import KNOWLEDGE
from schemas.builds.retirement import PROJECT_RETIRED, VERSION_RETIRED
from schemas.errors import RefusedError
from schemas.refusals import Reason
from schemas.registry import newest
from schemas.topics import RAW_BUILDS
from streams.scrub.names import PRIVATE, PUBLIC_CHANNELS, Names
from streams.scrub.rules import rules
from streams.scrub.schema import compile_scrubber

Record = dict[str, Any]

KINDS: Final = frozenset({"build_finished", VERSION_RETIRED, PROJECT_RETIRED})
MAX_AHEAD_US: Final = 10 * 60 * 1_000_000
"""A start later than this after receipt is a wrong clock, and would stay the latest for ever (B5)."""

MAX_ITEMS: Final = 500
MAX_STEP_SECONDS: Final = 10**9
"""What lasts longer, or a negative time, or not a number, is no duration, and would spoil every sum that it is in."""

MAX_EXTRAS: Final = 50
"""Items of a list that are kept (P9): nobody has as many flags, extensions, steps or extras."""

_EVENT_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND: Final = timedelta(microseconds=1)
_NOTHING: Final[dict[str, Callable[[], Record]]] = {
    "image": lambda: {"os": None, "name": None, "digest": None},
    "config": lambda: {"user": None, "final": None},
    "packages": lambda: {
        "pip": {"declared": [], "root": [], "all": []},
        "conda": {"all": []},
        "apt": {"declared": [], "all": []},
    },
    "python": lambda: {"version": None, "implementation": None, "implementation_version": None},
    "os": lambda: {"name": None, "version": None, "id": None},
    "doctool": lambda: {"name": None, "version": None, "extensions": [], "html_theme": None, "source": None},
}
_LISTS: Final = (
    ("pip_declared", "pip", "declared"),
    ("pip_root", "pip", "root"),
    ("pip_all", "pip", "all"),
    ("conda_all", "conda", "all"),
    ("apt_declared", "apt", "declared"),
    ("apt_all", "apt", "all"),
)


class Judge:
    """Judges build events against one set of public names."""

    def __init__(self, names: Names) -> None:
        self._names = names
        batch = newest(RAW_BUILDS.subject).schema
        event = next(field for field in batch["fields"] if field["name"] == "events")["type"]["items"]
        self._scrub = compile_scrubber(event, rules(names))

    def scrub(self, event: Record) -> Record:
        """Scrub an event that may lack what is required: total, for dead letters too."""
        scrubbed: Record = self._scrub(event)
        self._judge_channels(scrubbed)
        return scrubbed

    def accept(self, event: Record, received_at: int) -> Record:
        """Give the clean event. Raises RefusedError; `received_at` in microseconds."""
        started_at = self._required(event, received_at)
        clean = self.scrub(event)
        clean["build"]["started_at"] = started_at
        if clean["build"]["status"] != "normal":
            clean["build"]["success"] = False
        if (clean["build"]["length_seconds"] or 0) < 0:
            clean["build"]["length_seconds"] = None
        if clean["version"] is not None and not clean["version"]["id"]:
            clean["version"] = None
        if clean["organization"] is not None and not clean["organization"]["id"]:
            clean["organization"] = None
        for part, nothing in _NOTHING.items():
            if clean[part] is None:
                clean[part] = nothing()
        _judge_config(event, clean)
        self._fold_private(clean)
        _cut_lists(clean)
        return clean

    def _required(self, event: Record, received_at: int) -> int:
        if event["kind"] not in KINDS:
            raise RefusedError(Reason.KIND, "kind")
        if not event["project"] or not event["project"]["id"]:
            raise RefusedError(Reason.PROJECT, "project.id")
        if event["kind"] == VERSION_RETIRED and not (event["version"] and event["version"]["id"]):
            raise RefusedError(Reason.VERSION, "version.id")
        if not event["build"] or (event["kind"] == "build_finished" and not event["build"]["id"]):
            raise RefusedError(Reason.BUILD, "build.id")
        started_at = microseconds(event["build"]["started_at"])
        if started_at > received_at + MAX_AHEAD_US:
            raise RefusedError(Reason.STARTED_AT_AHEAD, "build.started_at")
        return started_at

    def _fold_private(self, clean: Record) -> None:
        """Make one row of all private packages of a list: their versions would tell them apart."""
        collectors = clean["collectors"]
        for result in collectors.values():
            result["private"] = 0
        for collector, ecosystem, scope in _LISTS:
            rows = clean["packages"][ecosystem][scope]
            kept = [row for row in rows if row["name"] != PRIVATE]
            private = len(rows) - len(kept)
            if private:
                clean["packages"][ecosystem][scope] = [*kept, _private_row(ecosystem, scope)]
                if collector in collectors:
                    collectors[collector]["private"] = private

    def _judge_channels(self, scrubbed: Record) -> None:
        for row in scrubbed["packages"]["conda"]["all"] if scrubbed["packages"] else ():
            if row["channel"] == "pypi":
                row["name"] = self._names.of_pip(row["name"])
            elif row["channel"] not in PUBLIC_CHANNELS:
                row["name"] = PRIVATE


def _judge_config(event: Record, clean: Record) -> None:
    """Say of a part that is no JSON, or has NaN in it, that it is not known (K1): null alone says that there is none."""
    given = event["config"] or {}
    for part, kept in clean["config"].items():
        result = clean["collectors"].get(f"config_{part}")
        if kept is None and result is not None and result["status"] in KNOWLEDGE:
            text = given.get(part)
            if text is not None and text.strip() != "null":
                result["status"], result["error"] = "error", "unparseable"


def _cut_lists(clean: Record) -> None:
    """Cut lists whose items may grow when they are scrubbed: an empty word becomes `(other)`. Steps last a time."""
    clean["build"]["flags"] = clean["build"]["flags"][:MAX_ITEMS]
    clean["doctool"]["extensions"] = clean["doctool"]["extensions"][:MAX_ITEMS]
    clean["steps"] = [step for step in clean["steps"][:MAX_ITEMS] if 0 <= step["seconds"] <= MAX_STEP_SECONDS]
    for row in clean["packages"]["pip"]["declared"]:
        row["extras"] = row["extras"][:MAX_EXTRAS]


def _private_row(ecosystem: str, scope: str) -> Record:
    row: Record = {"name": PRIVATE, "version": None}
    if ecosystem == "conda":
        row["channel"] = None
    elif (ecosystem, scope) == ("pip", "declared"):
        row |= {"constraint": "none", "specifier": None, "extras": [], "conditional": False}
    return row


def event_id(event: Record) -> bytes:
    """Give the 16 bytes of an event's id. Raises RefusedError."""
    text = event["event_id"]
    if text is None or not _EVENT_ID.fullmatch(text):
        raise RefusedError(Reason.EVENT_ID, "event_id")
    return bytes.fromhex(text)


def microseconds(text: str | None) -> int:
    """Read an ISO 8601 instant as microseconds since 1970 UTC. Raises RefusedError: no time, or one without a zone."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise RefusedError(Reason.STARTED_AT, "build.started_at") from None
    if moment.tzinfo is None:
        raise RefusedError(Reason.STARTED_AT, "build.started_at has no zone")
    return (moment - _EPOCH) // _MICROSECOND


def presentable(event: Record, scrubbed: Record) -> Record:
    """Make a refused event fit to be kept: what is checked rather than scrubbed is shown only where it passes."""
    shown = dict(scrubbed)
    shown["event_id"] = event["event_id"] if _EVENT_ID.fullmatch(event["event_id"] or "") else None
    shown["kind"] = event["kind"] if event["kind"] in KINDS else "(other)"
    if shown["build"] is not None:
        try:
            microseconds(event["build"]["started_at"])
        except RefusedError:
            shown["build"] = shown["build"] | {
                "started_at": None if event["build"]["started_at"] is None else "(other)"
            }
    return shown
