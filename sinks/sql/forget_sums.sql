-- Sums go with the builds that they are of: those of days before the first build that is kept.
WITH first AS (
    SELECT coalesce(min(started_at) AT TIME ZONE 'UTC', 'infinity'::timestamp)::date AS day FROM headcount_store.builds
), days AS (
    DELETE FROM headcount_store.summed_days WHERE day < (SELECT first.day FROM first)
), projects AS (
    DELETE FROM headcount_store.project_days WHERE day < (SELECT first.day FROM first)
), steps AS (
    DELETE FROM headcount_store.step_days WHERE day < (SELECT first.day FROM first)
)
DELETE FROM headcount_store.build_reruns
WHERE started_at < (SELECT CASE WHEN isfinite(first.day) THEN first.day::timestamp AT TIME ZONE 'UTC' ELSE 'infinity' END FROM first)
