"""Sums each day of builds once it is over, so that views need not read every build; safe to run twice and by two at once.

A change to a summed day takes its sums back (a trigger, 0008_summed_days.sql), and views read the rows of a day that has
none: how often this runs decides how fast they are, never what they say.
"""

import logging
import threading
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from headcount.errors import HeadcountError
from headcount.postgres import AgainError, Connection, LostError, connect, translated
from sinks.statements import statement

EVERY_SECONDS: Final = 15 * 60.0
"""Each day without sums costs a view some 50 ms, and takes as long to sum."""

log = logging.getLogger("headcount.sink")


class Sums:
    """Sums at the start and every EVERY_SECONDS until `stop()`, in a thread with a connection of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sums", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the day that is being summed."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = EVERY_SECONDS
            try:
                with connect(self._dsn, application="headcount sums") as connection:
                    days = sum_days(connection, self._stopping.is_set)
            except (HeadcountError, LostError, AgainError) as error:
                log.info("sums of days wait", extra={"fields": {"error": str(error)}})
            except Exception:  # the outermost frame of a thread: it must not end unseen while the sink goes on
                log.exception("days could not be summed; views are slower until they are")
            else:
                if days:
                    log.info("days are summed", extra={"fields": {"days": days}})


def sum_days(connection: Connection[Any], stopping: Callable[[], bool] = lambda: False) -> int:
    """Sum all days that are over and have no sums, a transaction each, and drop sums of builds that are gone.

    Gives how many days. Raises AgainError and LostError, as the writer does; what was summed until then is kept.
    """
    with translated(), connection.transaction():
        connection.execute(statement("forget_sums"))
        days = [day for (day,) in connection.execute(statement("unsummed_days")).fetchall()]
    return sum(not stopping() and sum_day(connection, day) for day in days)


def sum_day(connection: Connection[Any], day: date) -> bool:
    """Sum one day; false where another process has done it."""
    with translated(), connection.transaction():
        # Waits for those who are changing the day; who comes later takes these sums back.
        connection.execute(b"SELECT headcount_store.lock_day(%s, alone => true)", (day,))
        if connection.execute(b"SELECT FROM headcount_store.summed_days WHERE day = %s", (day,)).fetchone() is not None:
            return False
        connection.execute(b"DELETE FROM headcount_store.project_days WHERE day = %s", (day,))
        connection.execute(b"DELETE FROM headcount_store.step_days WHERE day = %s", (day,))
        connection.execute(statement("sum_day_projects"), {"day": day})
        connection.execute(statement("sum_day_steps"), {"day": day})
        connection.execute(b"INSERT INTO headcount_store.summed_days (day) VALUES (%s)", (day,))
    return True
