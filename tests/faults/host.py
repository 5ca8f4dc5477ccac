"""A producing host: publishes its events through the real publisher, and notes behind which one all are handed over."""

import sys
import time
from pathlib import Path

from headcount.settings import KafkaSettings
from producers.publisher import Publisher
from schemas.topics import RAW_BUILDS
from tests.faults.events import make_events

CHECKPOINT = 25


def main() -> None:
    bootstrap, prefix, spool, done, seed, first, last, rate = sys.argv[1:]
    events = make_events(int(seed), int(last))
    note = Path(done)
    begin = int(note.read_text()) if note.exists() else int(first)
    pause = 1 / float(rate)
    with Publisher(KafkaSettings(bootstrap, topic_prefix=prefix), spool_dir=spool) as publisher:
        for number in range(begin, int(last)):
            event = events[number]
            version = event["version"]["id"] if event["version"] else ""
            publisher.publish(RAW_BUILDS, event, source=f"{event['project']['id']}/{version}")
            if number % CHECKPOINT == 0 and publisher.flush(0.5) == 0:
                note.with_suffix(".new").write_text(str(number + 1))
                note.with_suffix(".new").replace(note)
            time.sleep(pause)
        while publisher.flush(5):
            pass
    note.write_text(last)


main()
