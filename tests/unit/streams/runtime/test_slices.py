"""A take's records are cut into transactions by their size."""

from hypothesis import given
from hypothesis import strategies as st

from streams.runtime.owned import TAKE_BYTES, _slices
from streams.take import RawRecord

sizes = st.lists(st.sampled_from((0, 1, 1000, TAKE_BYTES // 3, TAKE_BYTES - 1, TAKE_BYTES, TAKE_BYTES + 1)), max_size=8)


@given(sizes)
def test_every_record_is_in_one_slice_in_order_and_only_a_single_one_may_be_larger(made: list[int]) -> None:
    records = [RawRecord(offset, 0, [], bytes(size)) for offset, size in enumerate(made)]
    slices = _slices(records)
    assert [record for part in slices for record in part] == records
    assert all(part for part in slices)
    assert all(sum(len(record.value) for record in part) <= TAKE_BYTES or len(part) == 1 for part in slices)
