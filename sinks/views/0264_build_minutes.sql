-- Q12, from the sums of days that are over and the rows of all others (0008_summed_days.sql). L6: a build id counts once.
CREATE FUNCTION headcount.build_minutes("window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (month date, project_id text, project_slug text, builds bigint, minutes double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off AS $$
    WITH attempts AS (
        SELECT date_trunc('month', days.day::timestamp)::date AS month, days.project_id, days.project_slug, days.attempts, days.seconds
        FROM headcount_store.project_days AS days JOIN headcount_inner.summed("window", as_of) AS summed USING (day)
        UNION ALL
        SELECT date_trunc('month', given.started_at, 'UTC')::date, given.project_id, given.project_slug, 1, given.length_seconds
        FROM headcount_inner.unsummed("window", as_of) AS given
    ), counted AS (
        SELECT attempts.month, attempts.project_id, max(attempts.project_slug) AS project_slug, sum(attempts.attempts) AS attempts,
            sum(attempts.seconds) AS seconds
        FROM attempts
        GROUP BY attempts.month, attempts.project_id
    ), repeated AS (
        SELECT each.month, each.project_id, sum(each.times - 1) AS attempts
        FROM (
            SELECT date_trunc('month', reruns.started_at, 'UTC')::date AS month, reruns.project_id, count(*) AS times
            FROM headcount_store.build_reruns AS reruns
            WHERE reruns.started_at > as_of - "window" AND reruns.started_at <= as_of
            GROUP BY 1, reruns.project_id, reruns.build_id
        ) AS each
        GROUP BY each.month, each.project_id
    )
    SELECT counted.month, counted.project_id, counted.project_slug, (counted.attempts - coalesce(repeated.attempts, 0))::bigint,
        round(counted.seconds / 60.0, 2)::double precision
    FROM counted LEFT JOIN repeated USING (month, project_id)
    WHERE NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = counted.project_id)
    ORDER BY 1 DESC, 5 DESC NULLS LAST, 2
$$;
COMMENT ON FUNCTION headcount.build_minutes(interval, timestamptz) IS 'How many minutes did each project build in each month?';
CREATE VIEW headcount.build_minutes AS SELECT * FROM headcount.build_minutes();
COMMENT ON VIEW headcount.build_minutes IS 'How many minutes did each project build in each month of the last 180 days, all attempts together?';
COMMENT ON COLUMN headcount.build_minutes.month IS 'The first day of the month, UTC.';
COMMENT ON COLUMN headcount.build_minutes.project_id IS 'The project.';
COMMENT ON COLUMN headcount.build_minutes.project_slug IS 'Its short name.';
COMMENT ON COLUMN headcount.build_minutes.builds IS 'How many builds.';
COMMENT ON COLUMN headcount.build_minutes.minutes IS 'How long they took together.';
