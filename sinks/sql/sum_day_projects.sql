INSERT INTO headcount_store.project_days (day, project_id, project_slug, attempts, successes, seconds)
SELECT %(day)s, project_id, max(project_slug), count(*), count(*) FILTER (WHERE success), sum(length_seconds)
FROM headcount_store.builds
WHERE started_at >= %(day)s::timestamp AT TIME ZONE 'UTC' AND started_at < (%(day)s + 1)::timestamp AT TIME ZONE 'UTC'
GROUP BY project_id
ORDER BY project_id
