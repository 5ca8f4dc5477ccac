-- Weekly series, from the slim builds while they are kept (180 days). Weeks begin on Monday, UTC.

CREATE FUNCTION headcount_inner.weekly_builds("window" interval, as_of timestamptz)
RETURNS TABLE (week date, project_id text, pip_all_hash bytea, python_implementation text, python_version text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT date_trunc('week', builds.started_at, 'UTC')::date, builds.project_id, builds.pip_all_hash,
        builds.python_implementation, builds.python_version
    FROM headcount_store.builds
    WHERE builds.success AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
        AND builds.version_kind IS DISTINCT FROM 'external'
        AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = builds.project_id)
$$;

-- Q1 as a series
CREATE FUNCTION headcount.package_projects_weekly(package text DEFAULT 'sphinx', "window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (week date, name text, series text, sort_key bigint[], projects bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH seen AS MATERIALIZED (
        SELECT * FROM headcount_inner.weekly_builds("window", as_of)
    ), active AS (
        SELECT seen.week, count(DISTINCT seen.project_id) AS projects FROM seen GROUP BY seen.week
    ), lists AS (
        SELECT kept.hash, headcount_inner.series(items.version, 1) AS series
        FROM headcount_store.package_list_items AS items JOIN headcount_store.package_lists AS kept USING (list_id)
        WHERE items.canonical_name = package AND items.ecosystem = 'pip'
    ), counted AS (
        SELECT seen.week, lists.series, count(DISTINCT seen.project_id) AS projects
        FROM seen JOIN lists ON lists.hash = seen.pip_all_hash
        GROUP BY seen.week, lists.series
    )
    SELECT counted.week, package, counted.series, headcount_inner.numbers(counted.series, 1), counted.projects,
        round(counted.projects::numeric / active.projects, 4)::double precision
    FROM counted JOIN active USING (week)
    ORDER BY 1, 4
$$;
COMMENT ON FUNCTION headcount.package_projects_weekly(text, interval, timestamptz) IS 'How many projects built with which series of a package in each week?';
CREATE VIEW headcount.package_projects_weekly AS SELECT * FROM headcount.package_projects_weekly();
COMMENT ON VIEW headcount.package_projects_weekly IS 'How many projects built with which series of Sphinx in each week of the last 180 days? The function takes any package.';
COMMENT ON COLUMN headcount.package_projects_weekly.week IS 'The Monday of the week, UTC.';
COMMENT ON COLUMN headcount.package_projects_weekly.name IS 'The package.';
COMMENT ON COLUMN headcount.package_projects_weekly.series IS 'The first number of its version.';
COMMENT ON COLUMN headcount.package_projects_weekly.sort_key IS 'ORDER BY this sorts series as numbers.';
COMMENT ON COLUMN headcount.package_projects_weekly.projects IS 'Distinct projects with a success in that week.';
COMMENT ON COLUMN headcount.package_projects_weekly.share IS 'Of all projects with a success in that week.';

-- Q3 as a series
CREATE FUNCTION headcount.python_projects_weekly("window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (week date, implementation text, python text, sort_key bigint[], projects bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH seen AS MATERIALIZED (
        SELECT * FROM headcount_inner.weekly_builds("window", as_of)
    ), active AS (
        SELECT seen.week, count(DISTINCT seen.project_id) AS projects FROM seen GROUP BY seen.week
    ), counted AS (
        SELECT seen.week, seen.python_implementation AS implementation, headcount_inner.series(seen.python_version, 2) AS python,
            count(DISTINCT seen.project_id) AS projects
        FROM seen
        GROUP BY 1, 2, 3
    )
    SELECT counted.week, counted.implementation, counted.python, headcount_inner.numbers(counted.python, 2), counted.projects,
        round(counted.projects::numeric / active.projects, 4)::double precision
    FROM counted JOIN active USING (week)
    ORDER BY 1, 2, 4
$$;
COMMENT ON FUNCTION headcount.python_projects_weekly(interval, timestamptz) IS 'How many projects built with which Python in each week?';
CREATE VIEW headcount.python_projects_weekly AS SELECT * FROM headcount.python_projects_weekly();
COMMENT ON VIEW headcount.python_projects_weekly IS 'How many projects built with which Python in each week of the last 180 days?';
COMMENT ON COLUMN headcount.python_projects_weekly.week IS 'The Monday of the week, UTC.';
COMMENT ON COLUMN headcount.python_projects_weekly.implementation IS 'CPython, PyPy, …; null: not known.';
COMMENT ON COLUMN headcount.python_projects_weekly.python IS 'Its minor version.';
COMMENT ON COLUMN headcount.python_projects_weekly.sort_key IS 'ORDER BY this sorts versions as versions.';
COMMENT ON COLUMN headcount.python_projects_weekly.projects IS 'Distinct projects with a success in that week.';
COMMENT ON COLUMN headcount.python_projects_weekly.share IS 'Of all projects with a success in that week.';

-- Q9
CREATE FUNCTION headcount.adoption_weekly(
    packages text[] DEFAULT ARRAY['sphinx', 'myst-parser', 'sphinx-notfound-page', 'sphinx-hoverxref'],
    "window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now()
)
RETURNS TABLE (week date, name text, projects bigint, active_projects bigint, unknown bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH seen AS MATERIALIZED (
        SELECT * FROM headcount_inner.weekly_builds("window", as_of)
    ), active AS (
        SELECT seen.week, count(DISTINCT seen.project_id) AS projects,
            count(DISTINCT seen.project_id) - count(DISTINCT seen.project_id) FILTER (WHERE seen.pip_all_hash IS NOT NULL) AS unknown
        FROM seen
        GROUP BY seen.week
    ), lists AS (
        SELECT DISTINCT kept.hash, items.canonical_name AS name
        FROM headcount_store.package_list_items AS items JOIN headcount_store.package_lists AS kept USING (list_id)
        WHERE items.canonical_name = ANY (adoption_weekly.packages) AND items.ecosystem = 'pip'
    ), counted AS (
        SELECT seen.week, lists.name, count(DISTINCT seen.project_id) AS projects
        FROM seen JOIN lists ON lists.hash = seen.pip_all_hash
        GROUP BY seen.week, lists.name
    )
    SELECT active.week, wanted.name, coalesce(counted.projects, 0), active.projects, active.unknown,
        round(coalesce(counted.projects, 0)::numeric / active.projects, 4)::double precision
    FROM active CROSS JOIN unnest(adoption_weekly.packages) AS wanted (name) LEFT JOIN counted USING (week, name)
    ORDER BY 1, 2
$$;
COMMENT ON FUNCTION headcount.adoption_weekly(text[], interval, timestamptz) IS 'What share of the projects of each week builds with a package?';
CREATE VIEW headcount.adoption_weekly AS SELECT * FROM headcount.adoption_weekly();
COMMENT ON VIEW headcount.adoption_weekly IS 'What share of the projects of each week builds with Sphinx, MyST, notfound and hoverxref, in the last 180 days? The function takes any packages.';
COMMENT ON COLUMN headcount.adoption_weekly.week IS 'The Monday of the week, UTC.';
COMMENT ON COLUMN headcount.adoption_weekly.name IS 'The package.';
COMMENT ON COLUMN headcount.adoption_weekly.projects IS 'Distinct projects with a success in that week that had it installed.';
COMMENT ON COLUMN headcount.adoption_weekly.active_projects IS 'Distinct projects with a success in that week.';
COMMENT ON COLUMN headcount.adoption_weekly.unknown IS 'Of these, the projects whose packages are not known.';
COMMENT ON COLUMN headcount.adoption_weekly.share IS 'projects of active_projects.';
