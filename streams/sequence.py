"""Which batches of a producer have come, and what that says about the ones that have not (design.md section 3).

Pure: a producer's state and a batch's head give the next state and a movement for the ledger. A number that is missing
is taken whenever it comes; one that has come before is a repetition, unless what came before did not decode.
"""

from dataclasses import dataclass, replace
from typing import Final

from schemas.batches import Head

HOUR_US: Final = 3_600_000_000
MAX_GAPS: Final = 10_000
"""Ranges of missing numbers and refused numbers that are kept per producer; a producer with more is broken, and the
oldest are given up (they stay missing in the ledger)."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A producer's state on one partition.

    `next` is the smallest number above all that came, `gaps` the half-open ranges below it that did not, `refused` the
    numbers whose bytes did not decode. `handed_over` and `dropped` are the largest totals it reported, `received` the
    events of its distinct batches, `missing` what is missing by the hour (microseconds) in which that showed.
    """

    next: int = 0
    gaps: tuple[Range, ...] = ()
    refused: tuple[int, ...] = ()
    handed_over: int = 0
    dropped: int = 0
    received: int = 0
    missing: tuple[tuple[int, int], ...] = ()
    last_at: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """What one record moves in its producer's ledger (events), and whether its batch had come before."""

    handed_over: int
    dropped: int = 0
    missing: int = 0
    closed: tuple[tuple[int, int], ...] = ()
    resent: bool = False


def has_come(sequence: Sequence, seq: int) -> bool:
    """Say whether a batch of this number has come and did decode."""
    if seq >= sequence.next or seq in sequence.refused:
        return False
    return not any(low <= seq < high for low, high in sequence.gaps)


def receive(sequence: Sequence, head: Head, count: int, *, at: int, refused: bool) -> tuple[Sequence, Movement]:
    """Count a batch of `count` events that was received `at` (microseconds); `refused`: its bytes did not decode."""
    seq = head.seq
    if has_come(sequence, seq) or (seq in sequence.refused and seq < sequence.next):
        again = sequence if refused else replace(sequence, refused=tuple(n for n in sequence.refused if n != seq))
        return replace(again, last_at=max(at, sequence.last_at)), Movement(handed_over=count, resent=True)
    after = replace(
        sequence,
        next=max(sequence.next, seq + 1),
        gaps=_gaps(sequence, seq),
        refused=(*sequence.refused, seq)[-MAX_GAPS:] if refused else sequence.refused,
        handed_over=max(sequence.handed_over, head.handed_over),
        dropped=max(sequence.dropped, head.dropped),
        received=sequence.received + count,
        last_at=max(at, sequence.last_at),
    )
    return _settle(sequence, after, hour=at - at % HOUR_US)


def _gaps(sequence: Sequence, seq: int) -> tuple[Range, ...]:
    if seq == sequence.next:
        return sequence.gaps
    if seq > sequence.next:
        return (*sequence.gaps, (sequence.next, seq))[-MAX_GAPS:]
    gaps: list[Range] = []
    for low, high in sequence.gaps:
        if low <= seq < high:
            gaps += [(a, b) for a, b in ((low, seq), (seq + 1, high)) if a < b]
        else:
            gaps.append((low, high))
    return tuple(gaps)


def totals(sequence: Sequence) -> tuple[int, int, int]:
    """Give (handed over, dropped, missing) so that handed over = received + dropped + missing, always.

    What a producer reported as dropped may have come all the same (it was on its way), so what came counts first.
    """
    handed_over = max(sequence.handed_over, sequence.received)
    missing = max(0, handed_over - sequence.dropped - sequence.received)
    return handed_over, handed_over - sequence.received - missing, missing


def _settle(before: Sequence, after: Sequence, *, hour: int) -> tuple[Sequence, Movement]:
    handed_over_before, dropped_before, missing_before = totals(before)
    handed_over, dropped, missing = totals(after)
    if missing >= missing_before:
        found = missing - missing_before
        by_hour = _add(after.missing, hour, found)
        closed: tuple[tuple[int, int], ...] = ()
    else:
        found = 0
        by_hour, closed = _close(after.missing, missing_before - missing)
    movement = Movement(handed_over - handed_over_before, dropped - dropped_before, found, closed)
    return replace(after, missing=by_hour), movement


def _add(missing: tuple[tuple[int, int], ...], hour: int, events: int) -> tuple[tuple[int, int], ...]:
    if events == 0:
        return missing
    by_hour = dict(missing)
    by_hour[hour] = by_hour.get(hour, 0) + events
    return tuple(sorted(by_hour.items()))


def _close(
    missing: tuple[tuple[int, int], ...], events: int
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """Take `events` from the oldest hours; gives what is left and what was taken, each by hour."""
    left: list[tuple[int, int]] = []
    taken: list[tuple[int, int]] = []
    for hour, there in missing:
        now = min(there, events)
        events -= now
        taken += [(hour, now)] if now else []
        left += [(hour, there - now)] if there > now else []
    return tuple(left), tuple(taken)
