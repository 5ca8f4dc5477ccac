"""Numbers and totals of a producer's batches: the ledger's first identity holds whatever comes in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.batches import Head
from streams.heads import from_headers
from streams.sequence import HOUR_US, Movement, Sequence, has_come, receive

PRODUCER = "a" * 32


def head(seq: int, handed_over: int, dropped: int = 0, count: int = 10) -> Head:
    return Head(PRODUCER, seq, count, handed_over, dropped)


def run(*heads: Head, at: int = 0) -> tuple[Sequence, list[Movement]]:
    sequence, movements = Sequence(), []
    for one in heads:
        sequence, movement = receive(sequence, one, one.count, at=at, refused=False)
        movements.append(movement)
    return sequence, movements


def test_batch_5_after_7_counts_once() -> None:
    heads = [head(seq, 10 * (seq + 1)) for seq in (0, 1, 2, 3, 4, 6, 7)]
    sequence, movements = run(*heads)
    assert movements[5].missing == 10
    late, movement = receive(sequence, head(5, 60), 10, at=0, refused=False)
    assert movement == Movement(handed_over=0, closed=((0, 10),))
    assert has_come(late, 5)
    again, movement = receive(late, head(5, 60), 10, at=0, refused=False)
    assert movement == Movement(handed_over=10, resent=True)
    assert again.received == 80


def test_what_is_missing_is_closed_in_the_hour_in_which_it_was_missed() -> None:
    sequence, _ = run(head(0, 10), head(2, 30), at=5)
    sequence, movement = receive(sequence, head(1, 20), 10, at=3 * HOUR_US + 5, refused=False)
    assert movement.closed == ((0, 10),)
    assert movement.handed_over == movement.missing == 0
    assert sequence.missing == ()


def test_a_reported_loss_is_dropped_not_missing() -> None:
    _, movements = run(head(0, 10), head(2, 30, dropped=10))
    assert movements[1] == Movement(handed_over=20, dropped=10)


def test_a_loss_that_came_after_all_is_no_loss() -> None:
    sequence, movements = run(head(0, 10), head(2, 30, dropped=10), head(1, 20))
    assert movements[2] == Movement(handed_over=0, dropped=-10)
    assert sequence.received == 30


def test_a_good_copy_of_a_batch_that_did_not_decode_is_taken() -> None:
    sequence, _ = receive(Sequence(), head(0, 10), 10, at=0, refused=True)
    assert not has_come(sequence, 0)
    sequence, movement = receive(sequence, head(0, 10), 10, at=0, refused=False)
    assert movement == Movement(handed_over=10, resent=True)
    assert has_come(sequence, 0)


@st.composite
def deliveries(draw: st.DrawFn) -> list[Head]:
    """Batches of a producer, some dropped and reported by later ones, the rest delivered in any order, some twice."""
    counts = draw(st.lists(st.integers(0, 20), min_size=1, max_size=12))
    lost = draw(st.sets(st.integers(0, len(counts) - 1)))
    heads, handed_over, dropped = [], 0, 0
    for seq, count in enumerate(counts):
        handed_over += count
        if seq in lost:
            dropped += count
        else:
            heads.append(Head(PRODUCER, seq, count, handed_over, dropped))
    again = draw(st.lists(st.sampled_from(heads), max_size=5)) if heads else []
    return list(draw(st.permutations(heads + again)))


@given(deliveries())
def test_the_identity_holds_after_every_batch_and_each_counts_once(heads: list[Head]) -> None:
    sequence = Sequence()
    handed_over = dropped = missing = received = resent = 0
    for one in heads:
        was_there = has_come(sequence, one.seq)
        sequence, movement = receive(sequence, one, one.count, at=0, refused=False)
        assert movement.resent == was_there
        closed = sum(events for _, events in movement.closed)
        handed_over += movement.handed_over
        dropped += movement.dropped
        missing += movement.missing - closed
        received += one.count
        resent += one.count if movement.resent else 0
        assert handed_over == received + dropped + missing
        assert missing >= 0
    distinct = {one.seq: one.count for one in heads}
    assert received - resent == sum(distinct.values())
    if heads:
        assert handed_over - resent == max(one.handed_over for one in heads)


def test_headers_that_are_nonsense_are_none() -> None:
    good = {"producer_id": PRODUCER, "seq": "1", "count": "2", "handed_over": "3", "dropped": "0"}
    as_headers = [(name, value.encode()) for name, value in good.items()]
    assert from_headers(as_headers) == Head(PRODUCER, 1, 2, 3, 0)
    for name, value in (("producer_id", "alice@example.org"), ("seq", "-1"), ("count", "x"), ("dropped", str(2**60))):
        spoilt = [(n, value.encode() if n == name else v) for n, v in as_headers]
        assert from_headers(spoilt) is None
    assert from_headers(as_headers[1:]) is None
