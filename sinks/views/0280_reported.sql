-- What reports and exports are made of. A private project is in none of them (P7): "private" is what a project's newest kept
-- build says, and a project of which no latest row is left counts as private, as nobody can tell any more.
CREATE FUNCTION headcount_inner.public_projects(project text DEFAULT NULL) RETURNS TABLE (project_id text, project_slug text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT newest.project_id, newest.project_slug
    FROM (
        SELECT DISTINCT ON (latest.project_id) latest.project_id, latest.project_slug, latest.project_private
        FROM headcount_store.latest_builds AS latest
        ORDER BY latest.project_id, latest.started_at DESC, latest.project_private DESC NULLS FIRST
    ) AS newest
    WHERE newest.project_private IS FALSE
        AND (public_projects.project IS NULL OR public_projects.project IN (newest.project_id, newest.project_slug))
$$;

CREATE FUNCTION headcount_inner.reported("window" interval, as_of timestamptz, project text)
RETURNS TABLE (project_id text, project_slug text, is_default boolean, latest headcount_store.latest_builds)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT given.project_id, shown.project_slug, given.is_default, given.latest
    FROM headcount_inner.versions("window", as_of) AS given
    JOIN headcount_inner.public_projects(reported.project) AS shown USING (project_id)
$$;

CREATE FUNCTION headcount.reported_versions("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now(), project text DEFAULT NULL)
RETURNS TABLE (
    project_id text, project text, version text, is_default boolean, implementation text, python text, os text, os_name text,
    os_version text, tool text, tool_version text, theme text, extensions text[], image_os text, image text, has_config boolean,
    has_packages boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH versions AS (
        SELECT given.project_id, given.project_slug, given.is_default, given.latest AS row,
            headcount_inner.is_within((given.latest).python_known_at, "window", as_of) AS knows_python,
            headcount_inner.is_within((given.latest).os_known_at, "window", as_of) AS knows_os,
            headcount_inner.is_within((given.latest).doctool_known_at, "window", as_of) AS knows_tool,
            headcount_inner.is_within((given.latest).started_at, "window", as_of) AS knows_image
        FROM headcount_inner.reported("window", as_of, reported_versions.project) AS given
    )
    SELECT
        project_id, coalesce(project_slug, project_id), coalesce((row).version_slug, (row).version_id), is_default,
        CASE WHEN knows_python THEN (row).python_implementation END, CASE WHEN knows_python THEN (row).python_version END,
        CASE WHEN knows_os THEN (row).os_id END, CASE WHEN knows_os THEN (row).os_name END, CASE WHEN knows_os THEN (row).os_version END,
        CASE WHEN knows_tool THEN (row).doctool_name END, CASE WHEN knows_tool THEN (row).doctool_version END,
        CASE WHEN knows_tool THEN (row).doctool_html_theme END, CASE WHEN knows_tool THEN (row).doctool_extensions END,
        CASE WHEN knows_image THEN (row).image_os END, CASE WHEN knows_image THEN (row).image_name END,
        coalesce(headcount_inner.is_within((row).config_user_known_at, "window", as_of), false),
        coalesce(headcount_inner.is_within((row).pip_all_known_at, "window", as_of), false)
    FROM versions
    ORDER BY project_id, (row).version_id
$$;
COMMENT ON FUNCTION headcount.reported_versions(interval, timestamptz, text) IS 'Which versions count in a report (never one of a private project), and what is known of each within the window?';

-- As Q6, with the projects: from what people wrote themselves, by their default version.
CREATE FUNCTION headcount.reported_config_keys("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now(), project text DEFAULT NULL)
RETURNS TABLE (key text, value text, project_ids text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH versions AS (
        SELECT given.project_id, (given.latest).config_user_hash AS hash
        FROM headcount_inner.reported("window", as_of, reported_config_keys.project) AS given
        WHERE given.is_default AND headcount_inner.is_within((given.latest).config_user_known_at, "window", as_of)
    ), configs AS (
        SELECT kept.hash, kept.body FROM headcount_store.build_configs AS kept
        WHERE kept.hash IN (SELECT versions.hash FROM versions) AND jsonb_typeof(kept.body) = 'object'
    ), keys AS (
        SELECT configs.hash, first.key, first.value FROM configs CROSS JOIN LATERAL jsonb_each(configs.body) AS first
        UNION ALL
        SELECT configs.hash, first.key || '.' || second.key, second.value
        FROM configs CROSS JOIN LATERAL jsonb_each(configs.body) AS first
        CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(first.value) = 'object' THEN first.value ELSE '{}' END) AS second
    )
    SELECT keys.key, CASE WHEN jsonb_typeof(keys.value) IN ('object', 'array') THEN NULL ELSE keys.value #>> '{}' END AS value,
        array_agg(DISTINCT versions.project_id)
    FROM versions JOIN keys USING (hash)
    GROUP BY 1, 2
    UNION ALL
    SELECT '(no file)', NULL, array_agg(DISTINCT versions.project_id) FROM versions WHERE versions.hash IS NULL
    HAVING count(*) > 0
    ORDER BY 1, 2
$$;
COMMENT ON FUNCTION headcount.reported_config_keys(interval, timestamptz, text) IS 'Which projects (never a private one) wrote which key into their configuration, by their default version?';

-- As Q1, with the projects: of the packages of most projects, and of those that are named.
CREATE FUNCTION headcount.reported_packages(
    "window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now(), project text DEFAULT NULL,
    most integer DEFAULT 20, also text[] DEFAULT '{}'
)
RETURNS TABLE (name text, series text, project_ids text[], default_ids text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH versions AS (
        SELECT given.project_id, given.is_default, kept.list_id
        FROM headcount_inner.reported("window", as_of, reported_packages.project) AS given
        JOIN headcount_store.package_lists AS kept ON kept.hash = (given.latest).pip_all_hash
        WHERE headcount_inner.is_within((given.latest).pip_all_known_at, "window", as_of)
    ), units AS MATERIALIZED (
        -- Many versions share few lists.
        SELECT versions.list_id, array_agg(DISTINCT versions.project_id) AS projects, count(DISTINCT versions.project_id) AS count
        FROM versions GROUP BY versions.list_id
    ), popular AS (
        SELECT items.canonical_name AS name
        FROM units JOIN headcount_store.package_list_items AS items USING (list_id)
        WHERE items.ecosystem = 'pip'
        GROUP BY items.canonical_name
        ORDER BY sum(units.count) DESC, items.canonical_name
        LIMIT most
    ), wanted AS (
        SELECT popular.name FROM popular UNION SELECT unnest(also)
    )
    SELECT items.canonical_name, substring(items.version FROM '^(?:[0-9]+!)?([0-9]+)'),
        array_agg(DISTINCT versions.project_id), array_agg(DISTINCT versions.project_id) FILTER (WHERE versions.is_default)
    FROM versions
    JOIN headcount_store.package_list_items AS items USING (list_id)
    JOIN wanted ON wanted.name = items.canonical_name
    WHERE items.ecosystem = 'pip'
    GROUP BY 1, 2
    ORDER BY 1, 2
$$;
COMMENT ON FUNCTION headcount.reported_packages(interval, timestamptz, text, integer, text[]) IS 'Which projects (never a private one) build with which series of the packages of most projects?';

CREATE FUNCTION headcount.reported_weekly("window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (kind text, week date, value text, detail text, projects bigint, active bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '32MB' AS $$
    WITH shown AS MATERIALIZED (
        SELECT project_id FROM headcount_inner.public_projects()
    ), active AS (
        SELECT given.week, count(*) AS projects
        FROM headcount_inner.weekly('active', "window", as_of) AS given JOIN shown USING (project_id)
        GROUP BY given.week
    ), counted AS (
        -- A member is there once, so nothing has to be made distinct.
        SELECT kinds.kind, given.week, given.value, given.detail, count(*) AS projects
        FROM unnest(ARRAY['python', 'os', 'build_os', 'image', 'theme', 'doctool']) AS kinds (kind)
        CROSS JOIN LATERAL headcount_inner.weekly(kinds.kind, "window", as_of) AS given
        JOIN shown USING (project_id)
        GROUP BY kinds.kind, given.week, given.value, given.detail
    )
    SELECT counted.kind, active.week, counted.value, counted.detail, counted.projects, active.projects
    FROM active JOIN counted USING (week)
    ORDER BY 1, 3, 4, 2
$$;
COMMENT ON FUNCTION headcount.reported_weekly(interval, timestamptz) IS 'How many projects (never a private one) had which value in each week that the window touches, and how many had a success?';

CREATE FUNCTION headcount.reported_packages_weekly(packages text[], "window" interval DEFAULT '180 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (week date, name text, projects bigint, active bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '32MB' AS $$
    -- All projects, which is fast, less those that are not shown, which are few.
    WITH shown AS MATERIALIZED (
        SELECT project_id FROM headcount_inner.public_projects()
    ), hidden AS (
        SELECT given.week, items.canonical_name AS name, count(DISTINCT given.project_id) AS projects
        FROM headcount_inner.weekly('pip', "window", as_of) AS given
        JOIN headcount_store.package_list_items AS items USING (list_id)
        WHERE given.project_id NOT IN (SELECT shown.project_id FROM shown)
            AND items.ecosystem = 'pip' AND items.canonical_name = ANY (reported_packages_weekly.packages)
        GROUP BY given.week, items.canonical_name
    ), active AS (
        SELECT given.week, count(*) AS projects
        FROM headcount_inner.weekly('active', "window", as_of) AS given JOIN shown USING (project_id)
        GROUP BY given.week
    )
    SELECT active.week, every.name, every.projects - coalesce(hidden.projects, 0), active.projects
    FROM headcount.adoption_weekly(reported_packages_weekly.packages, "window", as_of) AS every
    JOIN active USING (week)
    LEFT JOIN hidden ON hidden.week = every.week AND hidden.name = every.name
    ORDER BY 2, 1
$$;
COMMENT ON FUNCTION headcount.reported_packages_weekly(text[], interval, timestamptz) IS 'How many projects (never a private one) built with each package in each week that the window touches?';

CREATE FUNCTION headcount.private_projects("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now()) RETURNS TABLE (projects bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) FROM headcount_inner.active("window", as_of) AS active
    WHERE active.project_id NOT IN (SELECT shown.project_id FROM headcount_inner.public_projects() AS shown)
$$;
COMMENT ON FUNCTION headcount.private_projects(interval, timestamptz) IS 'How many active projects are in no report and no export, as they are private?';

CREATE FUNCTION headcount.reported_collectors("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now(), project text DEFAULT NULL)
RETURNS TABLE (collector text, day date, builds bigint, known bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    -- Where nothing has to be taken out, the days are summed already; else builds are read one by one.
    WITH hidden AS MATERIALIZED (
        SELECT reported_collectors.project IS NOT NULL OR EXISTS (
            SELECT FROM headcount_store.builds
            WHERE builds.project_private AND builds.started_at > as_of - "window" - interval '2 days' AND builds.started_at <= as_of
        ) AS is_some
    )
    SELECT kept.collector, kept.day, sum(kept.builds)::bigint, sum(kept.known)::bigint
    FROM headcount_store.collector_health_daily AS kept
    WHERE NOT (SELECT hidden.is_some FROM hidden)
        AND kept.day >= ((as_of - "window") AT TIME ZONE 'UTC')::date AND kept.day <= (as_of AT TIME ZONE 'UTC')::date
    GROUP BY kept.collector, kept.day
    UNION ALL
    SELECT result.name, (given.started_at AT TIME ZONE 'UTC')::date, count(*),
        count(*) FILTER (WHERE result.status IN ('ok', 'empty') AND NOT result.truncated)
    FROM headcount_store.builds AS given
    JOIN headcount_inner.public_projects(reported_collectors.project) AS shown USING (project_id)
    CROSS JOIN LATERAL unnest(given.collector_names, given.collector_statuses, given.collector_truncated) AS result (name, status, truncated)
    WHERE (SELECT hidden.is_some FROM hidden) AND given.started_at > as_of - "window" AND given.started_at <= as_of
    GROUP BY 1, 2
    ORDER BY 1, 2
$$;
COMMENT ON FUNCTION headcount.reported_collectors(interval, timestamptz, text) IS 'Of how many builds (never one of a private project) is each datum known, by day?';

CREATE FUNCTION headcount.reported_latest("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now(), project text DEFAULT NULL)
RETURNS TABLE (
    project_id text, project text, version text, build_id text, started_at timestamptz, length_seconds bigint, status text,
    success boolean, failure_stage text, failure_error text, tool text, tool_version text, python text, last_success_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        latest.project_id, coalesce(shown.project_slug, latest.project_id), coalesce(latest.version_slug, latest.version_id),
        latest.build_id, latest.started_at, latest.length_seconds, latest.status, latest.success, latest.failure_stage,
        latest.failure_error, latest.doctool_name, latest.doctool_version, latest.python_version, good.started_at
    FROM headcount_store.latest_builds AS latest
    JOIN headcount_inner.public_projects(reported_latest.project) AS shown USING (project_id)
    LEFT JOIN headcount_store.latest_builds AS good
        ON good.successful AND good.project_id = latest.project_id AND good.version_id = latest.version_id
    WHERE NOT latest.successful AND latest.started_at > as_of - "window" AND latest.started_at <= as_of
        AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = latest.project_id)
    ORDER BY latest.success NULLS FIRST, latest.started_at DESC, latest.project_id, latest.version_id
$$;
COMMENT ON FUNCTION headcount.reported_latest(interval, timestamptz, text) IS 'What is the latest build of each version that a report shows (never one of a private or flagged project)?';

CREATE FUNCTION headcount.reported_failing("window" interval DEFAULT '3 months', as_of timestamptz DEFAULT now(), project text DEFAULT NULL)
RETURNS TABLE (project text, builds bigint, stage text, last_build_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(shown.project_slug, shown.project_id), failing.builds, failing.stage, failing.last_build_at
    FROM headcount.failing_projects("window", as_of) AS failing
    JOIN headcount_inner.public_projects(reported_failing.project) AS shown USING (project_id)
    ORDER BY 2 DESC, 1
$$;
COMMENT ON FUNCTION headcount.reported_failing(interval, timestamptz, text) IS 'Which projects (never a private one) only fail?';
