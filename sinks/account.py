"""The account of a clean record as amounts to add to the ledger's rows (design.md section 3.10)."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from schemas.codec import Record
from sinks.times import hour_of

UNKNOWN_PRODUCER: Final = "(unknown)"

PRODUCERS_WORD: Final = frozenset({"handed_over", "dropped", "missing"})
"""Columns without a bound: what a producer says of itself."""

LEDGER_COLUMNS: Final = (
    "handed_over",
    "dropped",
    "missing",
    "received",
    "resent",
    "accepted",
    "duplicate_batch",
    "duplicate_event",
    "refused",
    "added",
    "kept_without_fact",
)
"""What a clean record can move; `taken_back` and `expired` are moved by the daily job and by people."""

_AS_IT_IS: Final = LEDGER_COLUMNS[: LEDGER_COLUMNS.index("refused")]


class LedgerKey(NamedTuple):
    """A row of the ledger. `hour` is in microseconds."""

    hour: int
    topic: str
    producer: str


def _producer(producer_id: str | None) -> str:
    # Postgres' text has no NUL, and a producer's word must not stop us.
    return UNKNOWN_PRODUCER if not producer_id or "\0" in producer_id else producer_id


class Ledger:
    """Amounts to add, by row and column, and refused events by row and reason."""

    def __init__(self) -> None:
        self.amounts: Counter[tuple[LedgerKey, str]] = Counter()
        self.refused: Counter[tuple[LedgerKey, str]] = Counter()

    def add_account(self, topic: str, received_at: int, account: Record) -> LedgerKey:
        """Add the account of one record of the raw topic and give the row that its events belong to."""
        key = LedgerKey(hour_of(received_at), topic, _producer(account["producer_id"]))
        for column in _AS_IT_IS:
            self.amounts[key, column] += account[column]
        for reason, events in account["refused"].items():
            self.amounts[key, "refused"] += events
            self.refused[key, reason] += events
        for closed in account["closed"]:
            # They were handed over and missing in that hour's row; they have come now, so they are handed over here.
            missed = LedgerKey(hour_of(closed["hour"]), topic, key.producer)
            self.amounts[missed, "missing"] -= closed["events"]
            self.amounts[missed, "handed_over"] -= closed["events"]
            self.amounts[key, "handed_over"] += closed["events"]
        return key

    def add_facts(self, events: Iterable[LedgerKey], added: Iterable[LedgerKey]) -> "Ledger":
        """Give the ledger with what became of the accepted events, by their rows: `added` made a row of facts.

        A new one, as a transaction may have to be repeated.
        """
        whole = Ledger()
        whole.amounts, whole.refused = Counter(self.amounts), Counter(self.refused)
        for key in events:
            whole.amounts[key, "kept_without_fact"] += 1
        for key in added:
            whole.amounts[key, "kept_without_fact"] -= 1
            whole.amounts[key, "added"] += 1
        return whole

    def rows(self) -> list[tuple[LedgerKey, list[int]]]:
        """Give the rows with their amounts in the order of LEDGER_COLUMNS, sorted by key."""
        keys = sorted({key for key, _ in self.amounts})
        return [(key, [self.amounts[key, column] for column in LEDGER_COLUMNS]) for key in keys]
