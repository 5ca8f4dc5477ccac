-- Q13. L6: a build id counts with its newest attempt.
CREATE FUNCTION headcount.failing_projects("window" interval DEFAULT '3 months', as_of timestamptz DEFAULT now(), last integer DEFAULT 25)
RETURNS TABLE (project_id text, project_slug text, builds bigint, stage text, last_build_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off AS $$
    -- From project to project along the index.
    WITH RECURSIVE building AS (
        (
            SELECT builds.project_id FROM headcount_store.builds
            WHERE builds.started_at > as_of - "window" AND builds.started_at <= as_of
            ORDER BY builds.project_id LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT builds.project_id FROM headcount_store.builds
            WHERE builds.started_at > as_of - "window" AND builds.started_at <= as_of AND builds.project_id > building.project_id
            ORDER BY builds.project_id LIMIT 1
        )
        FROM building WHERE building.project_id IS NOT NULL
    ), candidates AS MATERIALIZED (
        -- So many attempts are as many builds, or fewer: a success among them, unless it was built again, rules the project out.
        SELECT building.project_id
        FROM building
        WHERE building.project_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = building.project_id)
            AND NOT EXISTS (
                SELECT FROM (
                    SELECT builds.project_id, builds.success, builds.build_id, builds.started_at, builds.attempt
                    FROM headcount_store.builds
                    WHERE builds.project_id = building.project_id AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
                    ORDER BY builds.started_at DESC, builds.build_id DESC LIMIT last
                ) AS recent
                WHERE recent.success AND NOT EXISTS (
                    SELECT FROM headcount_store.build_reruns AS newer
                    WHERE newer.project_id = recent.project_id AND newer.build_id = recent.build_id AND newer.started_at <= as_of
                        AND (newer.started_at, newer.attempt) > (recent.started_at, recent.attempt)
                )
            )
    ), counted AS (
        SELECT given.*
        FROM candidates
        CROSS JOIN LATERAL (
            SELECT builds.project_id, builds.project_slug, builds.success, builds.failure_stage, builds.started_at, builds.build_id
            FROM headcount_store.builds
            WHERE builds.project_id = candidates.project_id AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
                AND NOT EXISTS (
                    SELECT FROM headcount_store.build_reruns AS newer
                    WHERE newer.project_id = builds.project_id AND newer.build_id = builds.build_id AND newer.started_at <= as_of
                        AND (newer.started_at, newer.attempt) > (builds.started_at, builds.attempt)
                )
            ORDER BY builds.started_at DESC, builds.build_id DESC LIMIT last
        ) AS given
    )
    SELECT counted.project_id, max(counted.project_slug), count(*),
        (array_agg(counted.failure_stage ORDER BY counted.started_at DESC, counted.build_id DESC))[1], max(counted.started_at)
    FROM counted
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
