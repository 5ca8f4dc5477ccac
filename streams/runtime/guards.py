"""Checks at start that the Faust functions we lean on still have the source that our tests ran against."""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from headcount.errors import HeadcountError


class FaustChangedError(HeadcountError):
    """A Faust function that we override or rely on is not the one that was tested."""


def fingerprint(function: Callable[..., Any]) -> str:
    """Give the first 16 hexadecimal digits of the SHA-256 of a function's source."""
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]


TESTED: Final[Mapping[str, str]] = {
    "Consumer.perform_seek": "0e8c130ff4b0afd8",
    "Consumer._new_offset": "1d2c7ea89a7ad4f1",
    "Consumer._commit_offsets": "1a69799041188441",
    "Consumer.getmany": "4b168d84882a70d6",
    "Consumer.ack": "5fcf41cf45153475",
    "Stream.noack_take": "f2cc2dbfc162d200",
    "Recovery._resume_streams": "d986a6710c1aca98",
    "Transport.create_consumer": "46cc2bf5ab14acfa",
}
"""Function of faust-streaming 0.15.3 → fingerprint."""


def check(functions: Mapping[str, Callable[..., Any]], tested: Mapping[str, str] = TESTED) -> None:
    """Hold each function to its tested fingerprint. Raises FaustChangedError, which names the first that differs."""
    for name, function in functions.items():
        if fingerprint(function) != tested.get(name):
            raise FaustChangedError(
                "this function of Faust is not the one that headcount was tested with",
                where=name,
                do="install the faust-streaming of requirements.lock; for a new version run the tests, then renew the table",
            )
