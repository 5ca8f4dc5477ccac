-- M4. The last 24 hours come by the hour; what was usual, by the day, from the 28 days before.
CREATE FUNCTION headcount.completeness_alerts(as_of timestamptz DEFAULT now())
RETURNS TABLE (
    alert text, name text, share double precision, threshold double precision, usual double precision, found bigint, total bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH limits (least_builds, least_for_a_jump, least_days, least_share, points) AS (
        VALUES (50, 10, 3, 0.95, 0.20)
    ), span AS (
        SELECT ((as_of - interval '24 hours') AT TIME ZONE 'UTC')::date AS last_day
    ), recent AS (
        SELECT kept.measure, kept.name, sum(kept.part)::bigint AS part, sum(kept.whole)::bigint AS whole,
            sum(kept.part)::numeric / nullif(sum(kept.whole), 0) AS share
        FROM headcount_store.completeness_hours AS kept
        WHERE kept.hour > as_of - interval '24 hours' AND kept.hour <= as_of
        GROUP BY kept.measure, kept.name
    ), received AS (
        SELECT coalesce(max(recent.whole), 0) AS builds
        FROM recent
        WHERE recent.measure = 'filled' AND recent.name = 'event_id'
    ), days AS (
        SELECT kept.day, 'known' AS measure, kept.collector AS name,
            sum(kept.expected_known)::bigint AS part, sum(kept.expected)::bigint AS whole
        FROM headcount_store.collector_health_daily AS kept, span
        WHERE kept.day >= span.last_day - 28 AND kept.day < span.last_day
        GROUP BY kept.day, kept.collector
        UNION ALL
        SELECT kept.day, kept.measure, kept.name, kept.part, kept.whole
        FROM headcount_store.completeness_daily AS kept, span
        WHERE kept.day >= span.last_day - 28 AND kept.day < span.last_day
    ), usual AS (
        SELECT days.measure, days.name, count(*) AS days,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY days.part::float8 / days.whole)::numeric AS share,
            count(*) FILTER (WHERE days.part >= limits.least_builds) AS days_with_many
        FROM days, limits
        WHERE days.whole > 0
        GROUP BY days.measure, days.name
    ), all_days AS (
        SELECT count(DISTINCT days.day) AS days FROM days
    ), fired AS (
        SELECT 'knowledge_low' AS alert, recent.name, recent.share, limits.least_share AS threshold, usual.share AS usual,
            recent.part, recent.whole
        FROM recent CROSS JOIN limits LEFT JOIN usual USING (measure, name)
        WHERE recent.measure = 'known' AND recent.whole >= limits.least_builds AND recent.share < limits.least_share
        UNION ALL
        -- Also of what is rare, or is low as a rule.
        SELECT 'knowledge_dropped', recent.name, recent.share, usual.share - limits.points, usual.share, recent.part, recent.whole
        FROM recent CROSS JOIN limits JOIN usual USING (measure, name)
        WHERE recent.measure = 'known' AND recent.whole >= limits.least_for_a_jump AND usual.days >= limits.least_days
            AND recent.share <= usual.share - limits.points
        UNION ALL
        -- Expected and never there; or no longer there, though most days had many: a host, or a collector, stopped giving it.
        SELECT 'field_empty', name, 0, NULL, usual.share, coalesce(recent.part, 0), coalesce(recent.whole, 0)
        FROM (SELECT * FROM recent WHERE recent.measure = 'filled') AS recent
        FULL JOIN (SELECT * FROM usual WHERE usual.measure = 'filled') AS usual USING (name)
        CROSS JOIN limits CROSS JOIN received CROSS JOIN all_days
        WHERE received.builds >= limits.least_builds AND coalesce(recent.part, 0) = 0
            AND (
                coalesce(recent.whole, 0) >= limits.least_builds
                OR (all_days.days >= limits.least_days AND usual.days_with_many * 2 > all_days.days)
            )
        UNION ALL
        SELECT recent.measure || '_jumped', recent.name, recent.share, usual.share + limits.points, usual.share, recent.part, recent.whole
        FROM recent CROSS JOIN limits CROSS JOIN received JOIN usual USING (measure, name)
        WHERE recent.measure IN ('private', 'other', 'unparsed', 'dropped_keys') AND received.builds >= limits.least_builds
            AND recent.whole >= limits.least_builds AND usual.days >= limits.least_days
            AND recent.share >= usual.share + limits.points
    )
    SELECT fired.alert, fired.name, round(fired.share, 4)::float8, round(fired.threshold, 4)::float8,
        round(fired.usual, 4)::float8, fired.part, fired.whole
    FROM fired
    ORDER BY fired.alert, fired.name
$$;
COMMENT ON FUNCTION headcount.completeness_alerts(timestamptz) IS 'What of the last 24 hours is missing that should be there? No row: nothing.';
CREATE VIEW headcount.completeness_alerts AS SELECT * FROM headcount.completeness_alerts();
COMMENT ON VIEW headcount.completeness_alerts IS 'What of the last 24 hours is missing that should be there? No row: nothing.';
COMMENT ON COLUMN headcount.completeness_alerts.alert IS 'knowledge_low (below 95 %), knowledge_dropped (20 points below its 28-day median), field_empty, private_jumped, other_jumped, unparsed_jumped, dropped_keys_jumped.';
COMMENT ON COLUMN headcount.completeness_alerts.name IS 'The collector, or the field.';
COMMENT ON COLUMN headcount.completeness_alerts.share IS 'Its share in the last 24 hours.';
COMMENT ON COLUMN headcount.completeness_alerts.threshold IS 'The share at which it fires.';
COMMENT ON COLUMN headcount.completeness_alerts.usual IS 'The median of the 28 days before; null: it has none.';
COMMENT ON COLUMN headcount.completeness_alerts.found IS 'What is known, filled or hidden.';
COMMENT ON COLUMN headcount.completeness_alerts.total IS 'Of how many builds, values, rows or lines.';
