"""The account of a clean record, as the ledger adds it."""

from sinks.account import LEDGER_COLUMNS, UNKNOWN_PRODUCER, Ledger
from tests.integration.sink.records import HOUR, T0, account

TOPIC = "headcount.builds.raw.v1"


def rows(ledger: Ledger) -> dict[tuple[int, str], dict[str, int]]:
    return {
        (key.hour, key.producer): {name: n for name, n in zip(LEDGER_COLUMNS, amounts, strict=True) if n}
        for key, amounts in ledger.rows()
    }


def test_a_row_is_hour_of_receipt_raw_topic_and_producer() -> None:
    ledger = Ledger()
    key = ledger.add_account(TOPIC, T0 + 59 * 60_000_000, account(3))
    assert key == (T0, TOPIC, "a" * 32)
    assert rows(ledger) == {(T0, "a" * 32): {"handed_over": 3, "received": 3, "accepted": 3}}


def test_a_producer_that_is_not_named_or_cannot_be_stored_is_unknown() -> None:
    ledger = Ledger()
    for producer_id in (None, "", "a\0b"):
        assert ledger.add_account(TOPIC, T0, account(1, producer_id=producer_id)).producer == UNKNOWN_PRODUCER


def test_what_came_late_is_no_longer_missing_in_the_hour_that_missed_it() -> None:
    ledger = Ledger()
    # Batch 1 (4 events) is missing when batch 2 comes; an hour later it is there.
    ledger.add_account(TOPIC, T0, account(2, handed_over=6, missing=4))
    late = account(4, handed_over=0, closed=[{"hour": T0, "events": 4}])
    ledger.add_account(TOPIC, T0 + HOUR, late)
    assert rows(ledger) == {
        (T0, "a" * 32): {"handed_over": 2, "received": 2, "accepted": 2},
        (T0 + HOUR, "a" * 32): {"handed_over": 4, "received": 4, "accepted": 4},
    }


def test_refusals_are_counted_by_reason_and_in_all() -> None:
    ledger = Ledger()
    key = ledger.add_account(TOPIC, T0, account(5, accepted=2, refused={"kind": 1, "project": 2}))
    assert ledger.amounts[key, "refused"] == 3
    assert dict(ledger.refused) == {(key, "kind"): 1, (key, "project"): 2}


def test_facts_are_added_to_a_copy_so_that_a_transaction_can_be_repeated() -> None:
    ledger = Ledger()
    key = ledger.add_account(TOPIC, T0, account(3))
    for _ in range(2):
        whole = ledger.add_facts([key, key, key], [key])
        assert (whole.amounts[key, "added"], whole.amounts[key, "kept_without_fact"]) == (1, 2)
    assert ledger.amounts[key, "added"] == 0
