"""Lines → the records of a round: batches with their numbers, and dead letters of what cannot be read."""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headcount.settings import KafkaSettings
from producers.gateway.events.encode import Answered, Encoder
from producers.publisher.batch import Batch
from producers.publisher.lines import Line as Series
from producers.ship.events import Events, read_line
from producers.ship.line import Line, LineError
from producers.ship.log_file import LogFile, RawLine
from producers.ship.position import Numbers
from producers.ship.record import Record
from schemas.codec import encode
from schemas.refusals import LogReason
from schemas.topics import DEAD_DOWNLOADS, RAW_DOWNLOADS, partition_of


@dataclass(slots=True)
class Outcomes:
    """What became of lines: event, opted_out, early, no_request; `refused` by reason."""

    lines: Counter[str] = field(default_factory=Counter)
    refused: Counter[LogReason] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """All that became events, of those who opted out too."""
        return self.lines["event"] + self.lines["opted_out"]


class Rounds:
    """Makes records of lines. `numbers` are those that the last run ended with; `since` passes earlier lines over."""

    def __init__(
        self,
        settings: KafkaSettings,
        events: Events,
        numbers: Mapping[int, Numbers],
        *,
        since: int | None,
        has_begun: bool,
    ) -> None:
        self._settings = settings
        self._events = events
        self._since = since
        self.has_begun = has_begun or since is None
        """Whether a line was not passed over: only from then on is one refused that cannot be read."""

        self._encoder = Encoder()
        self._series = {
            partition: self._new(partition, known.producer_id, known.seq, known.handed_over, known.cut_at)
            for partition, known in numbers.items()
        }

    def use(self, events: Events) -> None:
        """Make events by another manifest from now on."""
        self._events = events

    def numbers(self) -> dict[int, Numbers]:
        """Give what the next round goes on from."""
        return {
            partition: Numbers(each.producer_id, each.seq, each.handed_over, each.cut_at)
            for partition, each in self._series.items()
        }

    def records(self, file: LogFile, lines: Sequence[RawLine]) -> tuple[list[Record], Outcomes]:
        """Make the records of some lines of one file. Every line is an event, or is refused, or says why it is neither."""
        outcomes = Outcomes()
        answered: list[Answered] = []
        letters: list[Record] = []
        for raw in lines:
            try:
                line = _read(raw)
            except LineError as error:
                if not self.has_begun:
                    outcomes.lines["early"] += 1
                    continue
                reason = LogReason.LINE if error.field else LogReason.LINE_TOO_LONG
                outcomes.refused[reason] += 1
                letters.append(self._letter(file, raw.offset, reason, error.field or None))
                continue
            if line is None:
                outcomes.lines["no_request"] += 1
            elif self._since is not None and line.at < self._since:
                outcomes.lines["early"] += 1
            else:
                self.has_begun = True
                event = self._events.answered(line)
                outcomes.lines["opted_out" if event.opted_out else "event"] += 1
                answered.append(event)
        return [*map(Record.of, self._batches(answered)), *letters], outcomes

    def _batches(self, answered: Sequence[Answered]) -> list[Batch]:
        batches: list[Batch] = []
        now = time.monotonic()
        for group in self._encoder.groups(answered):
            partition = partition_of(group.source)
            series = self._series.get(partition)
            if series is None:
                series = self._series[partition] = self._new(partition)
            batches += series.add_group(group.beginning, group.events, now)
        return batches + [each.cut() for each in self._series.values() if each.waits]

    def _new(
        self, partition: int, producer_id: str = "", seq: int = 0, handed_over: int = 0, cut_at: float = 0.0
    ) -> Series:
        name = self._settings.name(RAW_DOWNLOADS)
        return Series(
            RAW_DOWNLOADS, name, partition, lambda: os.urandom(16).hex(), producer_id, seq, handed_over, cut_at=cut_at
        )

    def _letter(self, file: LogFile, offset: int, reason: LogReason, detail: str | None) -> Record:
        at = time.time_ns() // 1000
        # After copytruncate another line stands at the same offset of the same file.
        position = f"{file.path.name}:{file.inode}:{offset}:{at}"
        letter = {
            "position": position,
            "reason": reason.value,
            "detail": detail,
            "received_at": at,
            "producer_id": None,
            "seq": None,
            "events": 1,
            "event": None,
            "replayed_at": None,
        }
        topic = self._settings.name(DEAD_DOWNLOADS)
        key = position.encode("utf-8", "replace")
        return Record(topic, partition_of(position), encode(DEAD_DOWNLOADS, letter), key)


def _read(raw: RawLine) -> Line | None:
    if raw.text is None:
        raise LineError("")
    return read_line(raw.text)
