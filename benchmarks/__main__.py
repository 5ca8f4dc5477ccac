"""`python -m benchmarks [--only NAME]`: runs them one after the other and prints one table."""

import argparse
import os
import sys
import time
from collections.abc import Callable

from benchmarks import build, gateway, gateway_outage, gateway_soak, publisher, sink, streams, up
from benchmarks.figures import Figure, table

ALL: dict[str, Callable[[], list[Figure]]] = {
    "build": build.run,
    "streams": streams.run,
    "sink": sink.figures,
    "publisher": publisher.run,
    "gateway": gateway.run,
    "gateway-outage": gateway_outage.run,
    "up": up.run,
}
LONG: dict[str, Callable[[], list[Figure]]] = {"gateway-soak": gateway_soak.run}
"""Run only when they are asked for."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", choices=[*ALL, *LONG], help="one of them; all but gateway-soak by default")
    chosen = parser.parse_args().only
    figures: list[Figure] = []
    busy = os.getloadavg()[0]
    for name, run in (ALL | LONG).items():
        if chosen == name or (chosen is None and name in ALL):
            started = time.monotonic()
            print(f"{name} …", end=" ", file=sys.stderr, flush=True)
            figures += run()
            print(f"{time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    print(f"\n{len(os.sched_getaffinity(0))} cores; load before the run {busy:.1f}", end="")
    print(", so clocks measured the neighbours too: believe CPU time" if busy > 1 else "")
    missed = [figure.what for figure in figures if figure.verdict().startswith("MISSED")]
    print(f"{len(missed)} of what design.md asks is missed" + "".join(f"\n  {what}" for what in missed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
