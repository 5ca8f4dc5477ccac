-- Q13
CREATE FUNCTION headcount.failing_projects("window" interval DEFAULT '3 months', as_of timestamptz DEFAULT now(), last integer DEFAULT 25)
RETURNS TABLE (project_id text, project_slug text, builds bigint, stage text, last_build_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH counted AS (
        SELECT given.*, row_number() OVER (PARTITION BY given.project_id ORDER BY given.started_at DESC, given.build_id DESC) AS back
        FROM headcount_inner.newest_attempts("window", as_of) AS given
    )
    SELECT counted.project_id, max(counted.project_slug), count(*),
        (array_agg(counted.failure_stage ORDER BY counted.back))[1], max(counted.started_at)
    FROM counted
    WHERE counted.back <= last
    GROUP BY counted.project_id
    HAVING NOT bool_or(counted.success)
    ORDER BY 3 DESC, 1
$$;
COMMENT ON FUNCTION headcount.failing_projects(interval, timestamptz, integer) IS 'Which projects have only failed builds in the window, or in their last builds?';
CREATE VIEW headcount.failing_projects AS SELECT * FROM headcount.failing_projects();
COMMENT ON VIEW headcount.failing_projects IS 'Of which projects did all builds of the last 3 months fail, or the last 25 of them, and where?';
COMMENT ON COLUMN headcount.failing_projects.project_id IS 'The project.';
COMMENT ON COLUMN headcount.failing_projects.project_slug IS 'Its short name.';
COMMENT ON COLUMN headcount.failing_projects.builds IS 'How many builds were looked at.';
COMMENT ON COLUMN headcount.failing_projects.stage IS 'Where the newest one failed.';
COMMENT ON COLUMN headcount.failing_projects.last_build_at IS 'When the newest one started.';
