"""What must be there before our processes run: topics, and the database's tables. Run as `python -m
headcount.up.prepare WHAT`.

A process of its own, so that the supervisor, which forks, never holds the threads of a client library.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping

from headcount import settings
from headcount.errors import HeadcountError


def make_topics(loaded: settings.Settings) -> None:
    """Make our topics, and refuse a cluster where they are otherwise."""
    from headcount import topics

    topics.ensure(settings.need_kafka(loaded))


def make_tables(loaded: settings.Settings) -> None:
    """Make roles, tables and views, or bring them to this version."""
    from sinks import migrate

    assert loaded.database.owner is not None  # the supervisor names it
    migrate.migrate(loaded.database.owner.value)


STEPS: Mapping[str, Callable[[settings.Settings], None]] = {"topics": make_topics, "tables": make_tables}


def main(step: str) -> int:
    """Do one step; an error goes to standard error as one JSON object, which the supervisor hands on."""
    try:
        STEPS[step](settings.load(os.environ))
    except HeadcountError as error:
        print(json.dumps({"what": error.what, "where": error.where, "do": error.do}), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
