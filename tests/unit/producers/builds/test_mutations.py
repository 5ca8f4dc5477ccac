"""Broken outputs: legal answers, no exception, never half a value. `make mutations` has ten thousand, and other seeds."""

# a test is named for its row of builds.md

import json
import re

import pytest

from producers.builds.explained import COLLECTORS
from streams.builds.judge import Judge
from streams.scrub.names import load
from tests.mutations.run import check, run
from tests.unit.producers.builds.outputs import seeds

JUDGE = Judge(load())


@pytest.mark.parametrize("name", COLLECTORS)
def test_B29_T1_T3_C1_C2_C3_C4_C5_C6_C7_C8_C9_mutated_outputs(name: str) -> None:
    tally = run(330, 7, JUDGE, [name])
    assert sum(tally.statuses.values()) == 330
    # Some are still good and most are not: else what is checked here says little.
    assert tally.statuses[name, "ok"] > 30
    assert name == "C7" or tally.statuses[name, "error"] > 30


@pytest.mark.parametrize("name", ["C3", "C4", "C5"])
def test_B29_C3_C4_C5_a_list_cut_anywhere_is_an_error(name: str) -> None:
    for text in seeds()[name]:
        found = re.search(rb"\[\s*\{", text)
        if found is None:
            continue
        begin = found.start()
        length = json.JSONDecoder().raw_decode(text[begin:].decode())[1]
        for place in range(begin + 1, begin + length, max(length // 150, 1)):
            assert check(name, text[:place])[1].status == "error", text[:place]
            assert check(name, text[place:])[1].status == "error", text[place:]


def test_C_every_output_unbroken_is_read_whole() -> None:
    for name, texts in seeds().items():
        for text in texts:
            check(name, text)
