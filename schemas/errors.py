"""What can be wrong with a record. The class says what happens next: each of these is refused, never retried."""

from schemas.refusals import Reason


class RefusedError(Exception):
    """A record or event that is not taken: it goes to the dead letters under `reason`.

    `detail` names the field or schema id concerned and never holds a value.
    """

    def __init__(self, reason: Reason, detail: str | None = None) -> None:
        super().__init__(reason if detail is None else f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
