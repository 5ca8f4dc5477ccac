"""What a collector found, and what the others may need of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A datum that was read: its value, the number of its rows, and what was passed over (see CollectorResult)."""

    value: T
    count: int
    unnamed: Mapping[str, int] = field(default_factory=dict)
    other_index: bool = False
    unparsed: int = 0
    dropped_keys: int = 0
