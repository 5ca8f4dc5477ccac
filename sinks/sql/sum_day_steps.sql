INSERT INTO headcount_store.step_days (day, step, bin, times, seconds)
SELECT %(day)s, each.name, headcount_store.step_bin(each.seconds), count(*), sum(each.seconds)
FROM headcount_store.builds
CROSS JOIN LATERAL unnest(builds.step_names, builds.step_seconds) AS each (name, seconds)
WHERE started_at >= %(day)s::timestamp AT TIME ZONE 'UTC' AND started_at < (%(day)s + 1)::timestamp AT TIME ZONE 'UTC'
GROUP BY each.name, headcount_store.step_bin(each.seconds)
