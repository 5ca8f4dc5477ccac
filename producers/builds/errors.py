"""Why a collector has no value. Each class is a status of T3; nothing of these reaches a host or a log."""

from producers.builds.words import Status


class CollectorError(Exception):
    """A collector ends without a value. `error` is a class name with an exit code where there is one (P10)."""

    status = Status.ERROR

    def __init__(self, error: str | None = None) -> None:
        super().__init__(error)
        self.error = error


class UnreadableError(CollectorError):
    """Asked, and failed or answered what cannot be read."""


class MissingError(CollectorError):
    """The tool or file to ask is not there."""

    status = Status.MISSING


class AskTimeoutError(CollectorError):
    """Asked, and no answer within the limit."""

    status = Status.TIMEOUT


class NotApplicableError(CollectorError):
    """There is nothing to ask: known to be none."""

    status = Status.EMPTY
