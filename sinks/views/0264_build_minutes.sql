-- Q12. L6: a build id counts with its newest attempt.
CREATE FUNCTION headcount_inner.newest_attempts("window" interval, as_of timestamptz) RETURNS SETOF headcount_store.builds
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT ON (builds.project_id, builds.build_id) builds.*
    FROM headcount_store.builds
    WHERE builds.started_at > as_of - "window" AND builds.started_at <= as_of
        AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = builds.project_id)
    ORDER BY builds.project_id, builds.build_id, builds.started_at DESC, builds.attempt DESC
$$;

CREATE FUNCTION headcount.build_minutes("window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (month date, project_id text, project_slug text, builds bigint, minutes double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT date_trunc('month', given.started_at, 'UTC')::date, given.project_id, max(given.project_slug),
        count(DISTINCT given.build_id), round(sum(given.length_seconds) / 60.0, 2)::double precision
    FROM headcount_store.builds AS given
    WHERE given.started_at > as_of - "window" AND given.started_at <= as_of
        AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = given.project_id)
    GROUP BY 1, 2
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

CREATE FUNCTION headcount.step_seconds("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (step text, times bigint, median_seconds double precision, p95_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT each.name, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY each.seconds), percentile_cont(0.95) WITHIN GROUP (ORDER BY each.seconds)
    FROM headcount_store.builds AS given
    CROSS JOIN LATERAL unnest(given.step_names, given.step_seconds) AS each (name, seconds)
    WHERE given.started_at > as_of - "window" AND given.started_at <= as_of
        AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = given.project_id)
    GROUP BY each.name
    ORDER BY 4 DESC, 1
$$;
COMMENT ON FUNCTION headcount.step_seconds(interval, timestamptz) IS 'How long does each step take?';
CREATE VIEW headcount.step_seconds AS SELECT * FROM headcount.step_seconds();
COMMENT ON VIEW headcount.step_seconds IS 'How long does each step of a build take, in the last 90 days?';
COMMENT ON COLUMN headcount.step_seconds.step IS 'The step''s name.';
COMMENT ON COLUMN headcount.step_seconds.times IS 'How often it ran.';
COMMENT ON COLUMN headcount.step_seconds.median_seconds IS 'Half of them took no longer.';
COMMENT ON COLUMN headcount.step_seconds.p95_seconds IS '95 of 100 took no longer.';
