-- The hours are for alerts, which look back 24 hours; the days for what was usual. What is known of collectors has a table by day.
WITH given AS (
    SELECT hour, measure, name, part, whole
    FROM unnest(%s::timestamptz[], %s::text[], %s::text[], %s::bigint[], %s::bigint[]) AS given (hour, measure, name, part, whole)
), hours AS (
    INSERT INTO headcount_store.completeness_hours AS kept (hour, measure, name, part, whole)
    SELECT hour, measure, name, part, whole FROM given ORDER BY hour, measure, name
    ON CONFLICT (hour, measure, name) DO UPDATE SET part = kept.part + excluded.part, whole = kept.whole + excluded.whole
)
INSERT INTO headcount_store.completeness_daily AS kept (day, measure, name, part, whole)
SELECT (hour AT TIME ZONE 'UTC')::date AS day, measure, name, sum(part), sum(whole)
FROM given
WHERE measure <> 'known'
GROUP BY day, measure, name
ORDER BY day, measure, name
ON CONFLICT (day, measure, name) DO UPDATE SET part = kept.part + excluded.part, whole = kept.whole + excluded.whole
