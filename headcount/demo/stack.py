"""The demo's local stack, seen through the command line: started, asked, waited for, stopped."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from headcount.demo.children import Children
from headcount.errors import HeadcountError

HEADCOUNT: Final = (sys.executable, "-P", "-m", "headcount")
"""Our command line in this very Python; -P, as it also runs in the folders of the projects."""

ARRIVAL_SECONDS: Final = 60.0
"""The longest wait for events that Kafka has: far over what a start of all consumers takes."""
_POLL_SECONDS: Final = 0.1

Row = dict[str, Any]
_NOT_OURS: Final = ("HEADCOUNT_", "GITHUB_", "GIT_", "READTHEDOCS_")


def environment_of(environ: Mapping[str, str], state: Path) -> dict[str, str]:
    """Give the environment of all that the demo starts.

    Without the user's settings, as its builds belong into no other Kafka than its own, and without what a CI job or a
    git hook says of another repository.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith(_NOT_OURS)}
    # The user's git may sign commits, run hooks or name branches otherwise.
    own_git = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    names = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _IDENTITY.items()}
    return {**kept, **own_git, **names, **_direct(kept), "HEADCOUNT_STATE_DIR": str(state)}


def _direct(environ: Mapping[str, str]) -> dict[str, str]:
    """Exempt this machine from the user's proxy: the gateway is here, and an index made on the spot too."""
    said = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    hosts = said if said == "*" else ",".join(filter(None, (said, "127.0.0.1")))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


_IDENTITY: Final = {"NAME": "headcount demo", "EMAIL": "demo@example.org"}


def call(children: Children, *words: str) -> str:
    """Run a command of ours and give what it printed. Raises HeadcountError with the three parts that it said."""
    done = children.run([*HEADCOUNT, *words])
    if done.exit_code == 0:
        return done.stdout
    what, _, rest = done.stderr.strip().removeprefix("error: ").partition("\n  where: ")
    where, _, do = rest.partition("\n  what to do: ")
    raise HeadcountError(
        what or f"`headcount {words[0]}` ended with {done.exit_code}",
        where=where or f"headcount {' '.join(words)}",
        do=do or "run it by hand, and see what it says",
    )


def rows(children: Children, *words: str) -> list[Row]:
    """Give the rows that a command prints with --json, one object a line."""
    return [json.loads(line) for line in call(children, *words, "--json").splitlines()]


def await_arrival(
    children: Children,
    events: int,
    *,
    state: Path,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Row]:
    """Wait until that many events have their place in Postgres, and give the ledger's rows."""
    deadline = clock() + ARRIVAL_SECONDS
    while True:
        ledger = rows(children, "ledger")
        arrived = sum(row["added"] + row["kept_without_fact"] for row in ledger)
        if arrived >= events:
            return ledger
        if clock() > deadline:
            raise HeadcountError(
                f"{arrived} of {events} builds have arrived in Postgres after {ARRIVAL_SECONDS:.0f} s",
                where=f"the logs in {state / 'logs'}",
                do="see the last lines of streams.log and sink.log there",
            )
        sleep(_POLL_SECONDS)
