"""What ends, stops or repeats the work of a sink; each class says what happens next."""

from headcount.errors import HeadcountError


class MigrationError(HeadcountError):
    """The database cannot be brought to this version's tables: nothing is changed, a person must act."""


class FencedError(Exception):
    """Another process owns these partitions by now: the transaction is rolled back and they are given up."""

    def __init__(self, partitions: frozenset[int]) -> None:
        super().__init__(f"partitions {sorted(partitions)} have a newer owner")
        self.partitions = partitions


class MovedError(Exception):
    """The positions are not where we left them (a commit whose answer was lost, a person's `accept`): read them again."""
