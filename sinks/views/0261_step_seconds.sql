-- Q12. A bin holds what differs by less than 1 %, with its sum: a percentile of few builds is exact, of many nearly so.
CREATE FUNCTION headcount.step_seconds("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (step text, times bigint, median_seconds double precision, p95_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off AS $$
    WITH single AS (
        SELECT given.step_names, given.step_seconds, 1 AS sign
        FROM headcount_inner.unsummed("window", as_of) AS given
        WHERE NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = given.project_id)
        UNION ALL
        -- Sums are of all projects, and flags apply when it is read (B42).
        SELECT given.step_names, given.step_seconds, -1
        FROM (SELECT DISTINCT flags.project_id FROM headcount_store.project_flags AS flags) AS flagged
        CROSS JOIN LATERAL (
            SELECT builds.* FROM headcount_store.builds
            WHERE builds.project_id = flagged.project_id AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
            OFFSET 0
        ) AS given
        WHERE (given.started_at AT TIME ZONE 'UTC')::date IN (SELECT summed.day FROM headcount_inner.summed("window", as_of) AS summed)
    ), binned AS (
        SELECT days.step, days.bin, days.times, days.seconds
        FROM headcount_store.step_days AS days JOIN headcount_inner.summed("window", as_of) AS summed USING (day)
        UNION ALL
        SELECT each.name, headcount_store.step_bin(each.seconds), single.sign, single.sign * each.seconds
        FROM single CROSS JOIN LATERAL unnest(single.step_names, single.step_seconds) AS each (name, seconds)
    ), bins AS (
        SELECT binned.step, binned.bin, sum(binned.times) AS times, sum(binned.seconds) / sum(binned.times)::double precision AS seconds
        FROM binned
        GROUP BY binned.step, binned.bin
        HAVING sum(binned.times) > 0
    ), ranked AS (
        SELECT bins.step, bins.seconds,
            sum(bins.times) OVER (PARTITION BY bins.step) AS times,
            sum(bins.times) OVER (PARTITION BY bins.step ORDER BY bins.bin) AS up_to,
            sum(bins.times) OVER (PARTITION BY bins.step ORDER BY bins.bin) - bins.times AS before
        FROM bins
    ), places AS (
        -- Between two values as percentile_cont does it.
        SELECT steps.step, steps.times, percentiles.share, percentiles.share * (steps.times - 1) AS place
        FROM (SELECT DISTINCT ranked.step, ranked.times FROM ranked) AS steps
        CROSS JOIN (VALUES (0.5), (0.95)) AS percentiles (share)
    ), found AS (
        SELECT places.step, places.times, places.share,
            round((low.seconds + (places.place % 1)::double precision * (high.seconds - low.seconds))::numeric, 3)::double precision AS seconds
        FROM places
        JOIN ranked AS low ON low.step = places.step AND low.before <= floor(places.place) AND floor(places.place) < low.up_to
        JOIN ranked AS high ON high.step = places.step AND high.before <= ceil(places.place) AND ceil(places.place) < high.up_to
    )
    SELECT found.step, found.times::bigint, min(found.seconds) FILTER (WHERE found.share = 0.5), min(found.seconds) FILTER (WHERE found.share = 0.95)
    FROM found
    GROUP BY found.step, found.times
    ORDER BY 4 DESC, 1
$$;
COMMENT ON FUNCTION headcount.step_seconds(interval, timestamptz) IS 'How long does each step take?';
CREATE VIEW headcount.step_seconds AS SELECT * FROM headcount.step_seconds();
COMMENT ON VIEW headcount.step_seconds IS 'How long does each step of a build take, in the last 90 days? Percentiles are within 1 %.';
COMMENT ON COLUMN headcount.step_seconds.step IS 'The step''s name.';
COMMENT ON COLUMN headcount.step_seconds.times IS 'How often it ran.';
COMMENT ON COLUMN headcount.step_seconds.median_seconds IS 'Half of them took no longer.';
COMMENT ON COLUMN headcount.step_seconds.p95_seconds IS '95 of 100 took no longer.';
