-- "Active" is said here and nowhere else (B41); flags apply when it is read (B42).
CREATE FUNCTION headcount_inner.active("window" interval, as_of timestamptz) RETURNS TABLE (project_id text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    -- From project to project along the index: DISTINCT would read every build.
    WITH RECURSIVE projects AS (
        (SELECT builds.project_id FROM headcount_store.builds WHERE builds.success ORDER BY builds.project_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT builds.project_id FROM headcount_store.builds
            WHERE builds.success AND builds.project_id > projects.project_id
            ORDER BY builds.project_id LIMIT 1
        )
        FROM projects WHERE projects.project_id IS NOT NULL
    )
    SELECT projects.project_id
    FROM projects
    WHERE projects.project_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = projects.project_id)
        -- One look-up each, never a join that could read everything.
        AND (
            SELECT true FROM headcount_store.builds
            WHERE builds.success AND builds.project_id = projects.project_id
                AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
            LIMIT 1
        )
$$;

CREATE FUNCTION headcount.active_projects("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (project_id text, project_slug text, project_private boolean, successful_builds bigint, last_success_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT active.project_id, newest.project_slug, newest.project_private, counted.builds, newest.started_at
    FROM headcount_inner.active("window", as_of) AS active
    CROSS JOIN LATERAL (
        SELECT builds.project_slug, builds.project_private, builds.started_at FROM headcount_store.builds
        WHERE builds.success AND builds.project_id = active.project_id
            AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
        ORDER BY builds.started_at DESC LIMIT 1
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT builds.build_id) AS builds FROM headcount_store.builds
        WHERE builds.success AND builds.project_id = active.project_id
            AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
    ) AS counted
$$;
COMMENT ON FUNCTION headcount.active_projects(interval, timestamptz) IS 'Which projects had a successful build in the window, and are not flagged?';
CREATE VIEW headcount.active_projects AS SELECT * FROM headcount.active_projects();
COMMENT ON VIEW headcount.active_projects IS 'Which projects had a successful build in the last 90 days, and are not flagged?';
COMMENT ON COLUMN headcount.active_projects.project_id IS 'The project.';
COMMENT ON COLUMN headcount.active_projects.project_slug IS 'Its short name.';
COMMENT ON COLUMN headcount.active_projects.project_private IS 'Whether it is private: in no report and no export.';
COMMENT ON COLUMN headcount.active_projects.successful_builds IS 'How many builds succeeded in the window.';
COMMENT ON COLUMN headcount.active_projects.last_success_at IS 'When the newest of them started.';

-- Latest successful rows of active projects without pull requests. is_default: one version a project (builds.md section 7).
CREATE FUNCTION headcount_inner.versions("window" interval, as_of timestamptz)
RETURNS TABLE (project_id text, is_default boolean, latest headcount_store.latest_builds)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT
        latest.project_id,
        row_number() OVER (
            PARTITION BY latest.project_id
            ORDER BY latest.version_default DESC, (latest.version_slug = 'latest') DESC NULLS LAST, latest.started_at DESC, latest.version_id
        ) = 1,
        latest
    FROM headcount_store.latest_builds AS latest
    JOIN headcount_inner.active("window", as_of) AS active USING (project_id)
    WHERE latest.successful AND latest.version_kind IS DISTINCT FROM 'external'
$$;

-- Whether a part counts: by its own time, not by that of the build.
CREATE FUNCTION headcount_inner.is_within(known_at timestamptz, "window" interval, as_of timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT known_at > as_of - "window" AND known_at <= as_of $$;

-- '3.12.4' → {3,12}: sorts as numbers do. Null for what has no number.
CREATE FUNCTION headcount_inner.numbers(version text, count integer) RETURNS bigint[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(left(part, 18)::bigint ORDER BY place) FROM (
        SELECT found[1] AS part, place
        FROM regexp_matches(substring(version FROM '^(?:[0-9]+[:!])?([0-9]+(?:\.[0-9]+)*)'), '[0-9]+', 'g') WITH ORDINALITY AS numbers (found, place)
        LIMIT count
    ) AS parts
$$;

-- '24.04.1', 2 → '24.04': its first numbers as they are written. Null for what has no number.
CREATE FUNCTION headcount_inner.series(version text, count integer) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT array_to_string((string_to_array(substring(version FROM '^(?:[0-9]+[:!])?([0-9]+(?:\.[0-9]+)*)'), '.'))[1:count], '.')
$$;
