"""What ends a worker, and what stops one partition. Refused events are no errors here: they are results."""

from headcount.errors import HeadcountError


class PartitionStoppedError(HeadcountError):
    """One partition cannot go on until a person decides; the others do."""


class TakeFailedError(Exception):
    """A take did not commit. The process ends, and its successor begins at the committed position."""
