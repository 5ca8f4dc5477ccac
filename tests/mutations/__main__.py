"""`python -m tests.mutations [COUNT [SEED]]`: a long run, and how its outputs fared."""

import sys
import time
from collections import Counter

from streams.builds.judge import Judge
from streams.scrub.names import load
from tests.mutations.run import COLLECTORS, run


def main(count: int, seed: int) -> None:
    """Run, and print a row a collector."""
    begun = time.monotonic()
    tally = run(count, seed, Judge(load()))
    took = time.monotonic() - begun
    print(f"{count} broken outputs of seed {seed} in {took:.1f} s, no exception, every value justified")
    for name in COLLECTORS:
        statuses = {str(status): number for (of, status), number in sorted(tally.statuses.items()) if of == name}
        errors = Counter({error: number for (of, error), number in tally.errors.items() if of == name})
        print(name, statuses, dict(errors.most_common(6)))


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    main(*[*given, *(10_000, 1)[len(given) :]])
