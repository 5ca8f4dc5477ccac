"""Clean build events, as small as latest rows need them, and a strategy of them."""

from typing import Any

from hypothesis import strategies as st

from schemas.builds.latest import PARTS

Record = dict[str, Any]


def event(
    number: int, started_at: int, attempt: int, success: bool, statuses: tuple[str, ...], truncated: bool
) -> Record:
    value = {"version": str(number)}
    return {
        "event_id": f"{number:032x}",
        "organization": None,
        "project": {"id": "p", "slug": None, "private": False},
        "version": {"id": "v", "slug": None, "kind": None, "default": False},
        "build": {"id": f"b{number % 3}", "attempt": attempt, "started_at": started_at, "success": success},
        "image": {"os": None, "name": None, "digest": None},
        "config": {"user": f"u{number}", "final": f"f{number}"},
        "packages": {
            "pip": {scope: [number] for scope in ("declared", "root", "all")},
            "conda": {"all": [number]},
            "apt": {"declared": [number], "all": [number]},
        },
        "python": value,
        "os": value,
        "doctool": value,
        "collectors": {
            part: {"status": status, "truncated": truncated} for part, status in zip(PARTS, statuses, strict=True)
        },
    }


events = st.builds(
    event,
    st.integers(0, 5),
    st.integers(0, 3),
    st.integers(1, 2),
    st.booleans(),
    st.tuples(*[st.sampled_from(("ok", "empty", "error", "missing", "timeout"))] * len(PARTS)),
    st.booleans(),
)
