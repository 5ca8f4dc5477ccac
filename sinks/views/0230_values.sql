-- One row a version and value, for every kind of value that is a column of the latest rows. A part counts by its own time.
CREATE FUNCTION headcount_inner.version_values("window" interval, as_of timestamptz)
RETURNS TABLE (kind text, project_id text, version_id text, is_default boolean, value text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH versions AS (
        SELECT given.project_id, given.is_default, given.latest AS row FROM headcount_inner.versions("window", as_of) AS given
    ), candidates AS (
        SELECT versions.project_id, (versions.row).version_id, versions.is_default, given.*
        FROM versions
        CROSS JOIN LATERAL (
            VALUES
                ('python', (row).python_implementation, headcount_inner.series((row).python_version, 2), (row).python_known_at),
                ('os', (row).os_id, headcount_inner.series((row).os_version, 2), (row).os_known_at),
                ('theme', (row).doctool_html_theme, NULL, (row).doctool_known_at),
                ('doctool', (row).doctool_name, headcount_inner.series((row).doctool_version, 1), (row).doctool_known_at),
                ('build_os', (row).image_os, NULL, (row).started_at),
                ('image', (row).image_name, (row).image_digest, (row).started_at),
                ('vcs', (row).vcs, NULL, (row).started_at)
        ) AS given (kind, value, detail, known_at)
        UNION ALL
        SELECT versions.project_id, (row).version_id, versions.is_default, 'extension', extension, NULL, (row).doctool_known_at
        FROM versions CROSS JOIN LATERAL unnest((row).doctool_extensions) AS extension
        UNION ALL
        SELECT versions.project_id, (row).version_id, versions.is_default, 'flag', flag, NULL, (row).started_at
        FROM versions CROSS JOIN LATERAL unnest((row).flags) AS flag
    )
    SELECT kind, project_id, version_id, is_default, value, detail
    FROM candidates
    WHERE value IS NOT NULL AND headcount_inner.is_within(known_at, "window", as_of)
$$;

-- Distinct active projects by value. A project counts once a value, so values do not add up; only_default: they do.
CREATE FUNCTION headcount_inner.projects_by_value(kind text, "window" interval, as_of timestamptz, only_default boolean)
RETURNS TABLE (value text, detail text, sort_key bigint[], projects bigint, share double precision)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH active AS (
        SELECT project_id FROM headcount_inner.active("window", as_of)
    ), total AS (
        SELECT count(*) AS projects FROM active
    ), known AS (
        SELECT DISTINCT given.project_id, given.value, given.detail
        FROM headcount_inner.version_values("window", as_of) AS given
        WHERE given.kind = projects_by_value.kind AND (given.is_default OR NOT only_default)
    ), counted AS (
        SELECT value, detail, count(*) AS projects FROM known GROUP BY value, detail
        UNION ALL
        -- The unknown is a row of its own (M3).
        SELECT NULL, NULL, count(*) FROM active WHERE project_id NOT IN (SELECT known.project_id FROM known) HAVING count(*) > 0
    )
    SELECT
        value, detail, headcount_inner.numbers(detail, 4), counted.projects,
        round(counted.projects::numeric / nullif(total.projects, 0), 4)::double precision
    FROM counted CROSS JOIN total
    ORDER BY counted.projects DESC, value, headcount_inner.numbers(detail, 4)
$$;

-- The views of one kind of value differ in names and windows only. Each is a function (window, as_of) and a view with its
-- window, and both again for the default version of each project.
CREATE FUNCTION headcount_inner.make_value_views(name text, kind text, days integer, value text, detail text, question text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $make$
DECLARE
    only_default boolean;
    view text;
BEGIN
    FOREACH only_default IN ARRAY ARRAY[false, true] LOOP
        view := name || CASE WHEN only_default THEN '_default' ELSE '' END;
        EXECUTE format(
            $body$
            CREATE FUNCTION headcount.%1$I("window" interval DEFAULT %2$L, as_of timestamptz DEFAULT now())
            RETURNS TABLE (%3$I text, %4$s projects bigint, share double precision)
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
                SELECT value, %5$s projects, share FROM headcount_inner.projects_by_value(%6$L, "window", as_of, %7$L)
            $$
            $body$,
            view, days || ' days', value,
            CASE WHEN detail IS NULL THEN '' ELSE format('%I text, sort_key bigint[],', detail) END,
            CASE WHEN detail IS NULL THEN '' ELSE 'detail, sort_key,' END,
            kind, only_default
        );
        EXECUTE format('COMMENT ON FUNCTION headcount.%I(interval, timestamptz) IS %L', view, question);
        EXECUTE format('CREATE VIEW headcount.%1$I AS SELECT * FROM headcount.%1$I()', view);
        EXECUTE format('COMMENT ON VIEW headcount.%I IS %L', view, format(
            '%s In the last %s days; a row without a value counts the projects of which it is not known. %s', question, days,
            CASE WHEN only_default THEN 'One version a project, so rows add up.' ELSE 'A project counts once a value, so rows do not add up.' END
        ));
        EXECUTE format('COMMENT ON COLUMN headcount.%I.%I IS ''The value; null: not known.''', view, value);
        IF detail IS NOT NULL THEN
            EXECUTE format('COMMENT ON COLUMN headcount.%I.%I IS ''Its version, where it has one.''', view, detail);
            EXECUTE format('COMMENT ON COLUMN headcount.%I.sort_key IS ''ORDER BY this sorts versions as versions.''', view);
        END IF;
        EXECUTE format('COMMENT ON COLUMN headcount.%I.projects IS ''Distinct active projects.''', view);
        EXECUTE format('COMMENT ON COLUMN headcount.%I.share IS ''Of all active projects.''', view);
    END LOOP;
END
$make$;

SELECT headcount_inner.make_value_views('python_projects', 'python', 90, 'implementation', 'python', 'How many active projects build with which Python?');
SELECT headcount_inner.make_value_views('os_projects', 'os', 90, 'os', 'os_version', 'How many active projects build on which system, as it names itself?');
SELECT headcount_inner.make_value_views('image_projects', 'image', 15, 'image', NULL, 'Which images were used, by how many active projects?');
SELECT headcount_inner.make_value_views('theme_projects', 'theme', 90, 'html_theme', NULL, 'How many active projects use which HTML theme?');
SELECT headcount_inner.make_value_views('doctool_projects', 'doctool', 90, 'doctool', 'series', 'How many active projects use which documentation tool?');
SELECT headcount_inner.make_value_views('flag_projects', 'flag', 90, 'flag', NULL, 'How many active projects have which probe of the host?');
