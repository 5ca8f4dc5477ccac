-- Q4: the function and the view, and both again for the default version of each project.
CREATE FUNCTION headcount_inner.build_os_projects("window" interval, as_of timestamptz, only_default boolean)
RETURNS TABLE (build_os text, projects bigint, projects_in_all_rows bigint)
LANGUAGE sql STABLE AS $$
    WITH kept AS (
        SELECT latest.project_id, latest.image_os,
            row_number() OVER (
                PARTITION BY latest.project_id
                ORDER BY latest.version_default DESC, (latest.version_slug = 'latest') DESC NULLS LAST, latest.started_at DESC, latest.version_id
            ) = 1 AS is_default
        FROM headcount_store.latest_builds AS latest
        WHERE latest.successful AND latest.version_kind IS DISTINCT FROM 'external' AND latest.started_at <= as_of
            AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = latest.project_id)
    ), either AS (
        SELECT recent.value, recent.projects AS recent, 0::bigint AS everything
        FROM headcount_inner.projects_by_value('build_os', "window", as_of, only_default) AS recent
        UNION ALL
        SELECT kept.image_os, 0, count(DISTINCT kept.project_id) FROM kept WHERE kept.is_default OR NOT only_default GROUP BY kept.image_os
    )
    SELECT either.value, sum(either.recent)::bigint, sum(either.everything)::bigint
    FROM either
    GROUP BY either.value
    ORDER BY 2 DESC, 1
$$;

CREATE FUNCTION headcount.build_os_projects("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (build_os text, projects bigint, projects_in_all_rows bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    SELECT * FROM headcount_inner.build_os_projects("window", as_of, false)
$$;
COMMENT ON FUNCTION headcount.build_os_projects(interval, timestamptz) IS 'How many projects ask for which build.os: active ones, and in all rows that are kept?';
CREATE FUNCTION headcount.build_os_projects_default("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (build_os text, projects bigint, projects_in_all_rows bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    SELECT * FROM headcount_inner.build_os_projects("window", as_of, true)
$$;
COMMENT ON FUNCTION headcount.build_os_projects_default(interval, timestamptz) IS 'The same by the default version of each project.';

CREATE VIEW headcount.build_os_projects AS SELECT * FROM headcount.build_os_projects();
COMMENT ON VIEW headcount.build_os_projects IS 'How many projects ask for which build.os: active ones in the last 90 days, and in all rows that are kept?';
CREATE VIEW headcount.build_os_projects_default AS SELECT * FROM headcount.build_os_projects_default();
COMMENT ON VIEW headcount.build_os_projects_default IS 'How many projects ask for which build.os by their default version: active ones in the last 90 days, and in all rows that are kept? Rows add up.';
DO $$
DECLARE
    view text;
BEGIN
    FOREACH view IN ARRAY ARRAY['build_os_projects', 'build_os_projects_default'] LOOP
        EXECUTE format('COMMENT ON COLUMN headcount.%I.build_os IS ''The configuration''''s build.os; null: none, or not known.''', view);
        EXECUTE format('COMMENT ON COLUMN headcount.%I.projects IS ''Distinct active projects in the window.''', view);
        EXECUTE format('COMMENT ON COLUMN headcount.%I.projects_in_all_rows IS ''Distinct projects in all kept rows.''', view);
    END LOOP;
END
$$;
