"""Sums each day of builds once it is over, so that views need not read every build; safe to run twice and by two at once.

A change to a summed day takes its sums back (a trigger, 0008_summed_days.sql), and views read the rows of a day that has
none: how often this runs decides how fast they are, never what they say.
"""

from typing import Any

from headcount.postgres import Connection, translated
from sinks.statements import statement


def sum_days(connection: Connection[Any]) -> int:
    """Sum all days that are over and have no sums, a transaction each, and drop sums of builds that are gone.

    Gives how many days. Raises AgainError and LostError, as the writer does; what was summed until then is kept.
    """
    with translated(), connection.transaction():
        connection.execute(statement("forget_sums"))
        days = [day for (day,) in connection.execute(statement("unsummed_days")).fetchall()]
    for day in days:
        with translated(), connection.transaction():
            # Waits for those who are changing the day; who comes later takes these sums back.
            connection.execute(b"SELECT headcount_store.lock_day(%s, alone => true)", (day,))
            connection.execute(b"DELETE FROM headcount_store.project_days WHERE day = %s", (day,))
            connection.execute(b"DELETE FROM headcount_store.step_days WHERE day = %s", (day,))
            connection.execute(statement("sum_day_projects"), {"day": day})
            connection.execute(statement("sum_day_steps"), {"day": day})
            connection.execute(
                b"INSERT INTO headcount_store.summed_days (day) VALUES (%s) ON CONFLICT DO NOTHING", (day,)
            )
    return len(days)
