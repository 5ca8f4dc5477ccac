WITH days AS (
    DELETE FROM headcount_store.summed_days WHERE day >= %(month)s AND day < %(next)s
), projects AS (
    DELETE FROM headcount_store.project_days WHERE day >= %(month)s AND day < %(next)s
), steps AS (
    DELETE FROM headcount_store.step_days WHERE day >= %(month)s AND day < %(next)s
)
DELETE FROM headcount_store.build_reruns
WHERE started_at >= %(month)s::timestamp AT TIME ZONE 'UTC' AND started_at < %(next)s::timestamp AT TIME ZONE 'UTC'
