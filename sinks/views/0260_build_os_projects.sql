-- Q4
CREATE FUNCTION headcount.build_os_projects("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (build_os text, projects bigint, projects_in_all_rows bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH recent AS (
        SELECT value, projects FROM headcount_inner.projects_by_value('build_os', "window", as_of, false)
    ), everything AS (
        SELECT latest.image_os AS value, count(DISTINCT latest.project_id) AS projects
        FROM headcount_store.latest_builds AS latest
        WHERE latest.successful AND latest.version_kind IS DISTINCT FROM 'external' AND latest.started_at <= as_of
            AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = latest.project_id)
        GROUP BY latest.image_os
    )
    SELECT either.value, sum(either.recent)::bigint, sum(either.everything)::bigint
    FROM (
        SELECT value, projects AS recent, 0 AS everything FROM recent
        UNION ALL
        SELECT value, 0, projects FROM everything
    ) AS either
    GROUP BY either.value
    ORDER BY 2 DESC, 1
$$;
COMMENT ON FUNCTION headcount.build_os_projects(interval, timestamptz) IS 'How many projects ask for which build.os: active ones, and in all rows that are kept?';
CREATE VIEW headcount.build_os_projects AS SELECT * FROM headcount.build_os_projects();
COMMENT ON VIEW headcount.build_os_projects IS 'How many projects ask for which build.os: active ones in the last 90 days, and in all rows that are kept?';
COMMENT ON COLUMN headcount.build_os_projects.build_os IS 'The configuration''s build.os; null: none, or not known.';
COMMENT ON COLUMN headcount.build_os_projects.projects IS 'Distinct active projects in the window.';
COMMENT ON COLUMN headcount.build_os_projects.projects_in_all_rows IS 'Distinct projects in all kept rows.';
