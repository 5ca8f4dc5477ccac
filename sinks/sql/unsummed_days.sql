-- Days that are over, from the first build that is kept on.
SELECT day::date
FROM generate_series(
    (SELECT min(started_at) AT TIME ZONE 'UTC' FROM headcount_store.builds)::date, (now() AT TIME ZONE 'UTC')::date - 1, '1 day'
) AS day
WHERE day::date NOT IN (SELECT summed.day FROM headcount_store.summed_days AS summed)
ORDER BY day
