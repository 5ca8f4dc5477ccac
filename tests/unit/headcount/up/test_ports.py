import socket
from collections.abc import Iterator

import pytest

from headcount.errors import UnavailableError
from headcount.up.ports import FREE_RANGE, HOST, choose_port, is_free


@pytest.fixture
def listening() -> Iterator[int]:
    """A port where somebody listens."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def choose(given: int | None = None, last: int | None = None, taken: set[int] | None = None) -> int:
    return choose_port(
        given=given, last=last, taken=set() if taken is None else taken, what="Kafka", option="--kafka-port"
    )


def test_a_port_in_use_is_not_free(listening: int) -> None:
    assert not is_free(listening)


def test_a_given_port_in_use_is_named_with_its_option(listening: int) -> None:
    with pytest.raises(UnavailableError) as refusal:
        choose(given=listening)
    assert f"port {listening} for Kafka is taken" in str(refusal.value)
    assert "--kafka-port" in refusal.value.where


def test_the_last_port_is_taken_again_if_free_and_another_if_not(listening: int) -> None:
    free = choose()
    assert choose(last=free) == free
    assert choose(last=listening) in FREE_RANGE


def test_no_port_is_given_out_twice() -> None:
    taken: set[int] = set()
    ports = {choose(taken=taken) for _ in range(20)}
    assert len(ports) == 20
    with pytest.raises(UnavailableError):
        choose(given=next(iter(ports)), taken=taken)


def test_free_ports_lie_outside_the_ephemeral_range() -> None:
    assert max(FREE_RANGE) < 32768
