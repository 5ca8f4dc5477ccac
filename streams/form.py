"""When records of bad form stop a partition: 100 in a row from at least two producers, or all of the last 1 000.

Only what does not decode or has an unknown schema counts, and one bad producer alone does not stop the others for long:
raw records do not wait longer than a day.
"""

from typing import Final

IN_A_ROW: Final = 100
FROM_PRODUCERS: Final = 2
OF_ANY: Final = 1_000


class FormWatch:
    """Counts the records of bad form in a row on one partition."""

    def __init__(self) -> None:
        self._run = 0
        self._producers: set[str] = set()

    def stops(self, producer: str, bad: bool) -> bool:
        """Count one record; say whether the partition stops behind it."""
        if not bad:
            self._run = 0
            self._producers.clear()
            return False
        self._run += 1
        if len(self._producers) < FROM_PRODUCERS:
            self._producers.add(producer)
        return self._run >= OF_ANY or (self._run >= IN_A_ROW and len(self._producers) >= FROM_PRODUCERS)

    def copy(self) -> "FormWatch":
        """Give a copy, so that a take which does not commit has counted nothing."""
        other = FormWatch()
        other._run = self._run
        other._producers = set(self._producers)
        return other
