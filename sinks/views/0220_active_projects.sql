-- "Active" is said here and nowhere else (B41); flags apply when it is read (B42). Functions of headcount_inner that set no
-- path are seen through by the planner; only functions that set it call them.

-- Days of the window that are in it whole and summed; the rows of builds of all other days of it.
CREATE FUNCTION headcount_inner.summed("window" interval, as_of timestamptz) RETURNS TABLE (day date)
LANGUAGE sql STABLE AS $$
    SELECT summed.day FROM headcount_store.summed_days AS summed
    WHERE summed.day::timestamp AT TIME ZONE 'UTC' > as_of - "window" AND (summed.day + 1)::timestamp AT TIME ZONE 'UTC' <= as_of
$$;
CREATE FUNCTION headcount_inner.unsummed("window" interval, as_of timestamptz) RETURNS SETOF headcount_store.builds
LANGUAGE sql STABLE AS $$
    SELECT given.*
    FROM (
        SELECT generate_series(
            greatest((as_of - "window") AT TIME ZONE 'UTC', min(builds.started_at) AT TIME ZONE 'UTC')::date,
            least(as_of AT TIME ZONE 'UTC', max(builds.started_at) AT TIME ZONE 'UTC')::date, '1 day'
        )::date AS day
        FROM headcount_store.builds
        EXCEPT
        SELECT summed.day FROM headcount_inner.summed("window", as_of) AS summed
    ) AS missing
    CROSS JOIN LATERAL (
        SELECT * FROM headcount_store.builds
        WHERE builds.started_at >= missing.day::timestamp AT TIME ZONE 'UTC'
            AND builds.started_at < (missing.day + 1)::timestamp AT TIME ZONE 'UTC'
            AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
        OFFSET 0
    ) AS given
$$;

-- By the sums of days that are over and the rows of all others. Latest rows reach back further than builds are kept, and one of
-- them in the window is a success as well.
CREATE FUNCTION headcount_inner.active("window" interval, as_of timestamptz) RETURNS TABLE (project_id text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off AS $$
    WITH either AS (
        SELECT days.project_id
        FROM headcount_store.project_days AS days JOIN headcount_inner.summed("window", as_of) AS summed USING (day)
        WHERE days.successes > 0
        UNION
        SELECT given.project_id FROM headcount_inner.unsummed("window", as_of) AS given WHERE given.success
        UNION
        SELECT latest.project_id FROM headcount_store.latest_builds AS latest
        WHERE latest.successful AND latest.started_at > as_of - "window" AND latest.started_at <= as_of
    )
    SELECT either.project_id
    FROM either
    WHERE NOT EXISTS (SELECT FROM headcount_store.project_flags AS flags WHERE flags.project_id = either.project_id)
$$;

CREATE FUNCTION headcount.active_projects("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (project_id text, project_slug text, project_private boolean, successful_builds bigint, last_success_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off AS $$
    WITH attempts AS (
        SELECT counted.project_id, sum(counted.successes) AS successes
        FROM (
            SELECT days.project_id, days.successes
            FROM headcount_store.project_days AS days JOIN headcount_inner.summed("window", as_of) AS summed USING (day)
            UNION ALL
            SELECT given.project_id, 1 FROM headcount_inner.unsummed("window", as_of) AS given WHERE given.success
        ) AS counted
        GROUP BY counted.project_id
    ), repeated AS (
        -- L6: a build that succeeded twice is one.
        SELECT each.project_id, sum(each.times - 1) AS successes
        FROM (
            SELECT reruns.project_id, count(*) AS times FROM headcount_store.build_reruns AS reruns
            WHERE reruns.success AND reruns.started_at > as_of - "window" AND reruns.started_at <= as_of
            GROUP BY reruns.project_id, reruns.build_id
        ) AS each
        GROUP BY each.project_id
    )
    SELECT active.project_id, newest.project_slug, newest.project_private,
        (coalesce(attempts.successes, 0) - coalesce(repeated.successes, 0))::bigint, newest.started_at
    FROM headcount_inner.active("window", as_of) AS active
    LEFT JOIN attempts USING (project_id)
    LEFT JOIN repeated USING (project_id)
    CROSS JOIN LATERAL (
        (
            SELECT builds.project_slug, builds.project_private, builds.started_at FROM headcount_store.builds
            WHERE builds.success AND builds.project_id = active.project_id
                AND builds.started_at > as_of - "window" AND builds.started_at <= as_of
            ORDER BY builds.started_at DESC LIMIT 1
        )
        UNION ALL
        -- Older than builds are kept.
        SELECT * FROM (
            SELECT latest.project_slug, latest.project_private, latest.started_at FROM headcount_store.latest_builds AS latest
            WHERE latest.successful AND latest.project_id = active.project_id
                AND latest.started_at > as_of - "window" AND latest.started_at <= as_of
            ORDER BY latest.started_at DESC LIMIT 1
        ) AS older
        LIMIT 1
    ) AS newest
    ORDER BY active.project_id
$$;
COMMENT ON FUNCTION headcount.active_projects(interval, timestamptz) IS 'Which projects had a successful build in the window, and are not flagged?';
CREATE VIEW headcount.active_projects AS SELECT * FROM headcount.active_projects();
COMMENT ON VIEW headcount.active_projects IS 'Which projects had a successful build in the last 90 days, and are not flagged?';
COMMENT ON COLUMN headcount.active_projects.project_id IS 'The project.';
COMMENT ON COLUMN headcount.active_projects.project_slug IS 'Its short name.';
COMMENT ON COLUMN headcount.active_projects.project_private IS 'Whether it is private: in no report and no export.';
COMMENT ON COLUMN headcount.active_projects.successful_builds IS 'How many builds succeeded in the window, as far back as builds are kept.';
COMMENT ON COLUMN headcount.active_projects.last_success_at IS 'When the newest of them started.';

-- Latest successful rows of active projects without pull requests. is_default: one version a project (builds.md section 7).
CREATE FUNCTION headcount_inner.versions("window" interval, as_of timestamptz)
RETURNS TABLE (project_id text, is_default boolean, latest headcount_store.latest_builds)
LANGUAGE sql STABLE AS $$
    -- Chosen among narrow rows: a row of latest_builds has a hundred columns.
    SELECT chosen.project_id, chosen.version_id = latest.version_id, latest
    FROM (
        SELECT DISTINCT ON (narrow.project_id) narrow.project_id, narrow.version_id
        FROM headcount_store.latest_builds AS narrow
        WHERE narrow.successful AND narrow.version_kind IS DISTINCT FROM 'external'
            AND narrow.project_id IN (SELECT active.project_id FROM headcount_inner.active("window", as_of) AS active)
        ORDER BY narrow.project_id, narrow.version_default DESC, (narrow.version_slug = 'latest') DESC NULLS LAST,
            narrow.started_at DESC, narrow.version_id
    ) AS chosen
    JOIN headcount_store.latest_builds AS latest USING (project_id)
    WHERE latest.successful AND latest.version_kind IS DISTINCT FROM 'external'
$$;

-- Whether a part counts: by its own time, not by that of the build.
CREATE FUNCTION headcount_inner.is_within(known_at timestamptz, "window" interval, as_of timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT known_at > as_of - "window" AND known_at <= as_of $$;

-- A package as it is written, and as it is stored (B27): apt's names keep their dots.
CREATE FUNCTION headcount_inner.package_name(ecosystem text, package text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT lower(CASE WHEN ecosystem = 'apt' THEN package ELSE regexp_replace(package, '[-_.]+', '-', 'g') END) $$;

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
