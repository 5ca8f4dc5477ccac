-- One row a version and value, for every kind of value that is a column of the latest rows. A part counts by its own time.
CREATE FUNCTION headcount_inner.version_values(kind text, "window" interval, as_of timestamptz)
RETURNS TABLE (project_id text, version_id text, is_default boolean, value text, detail text)
LANGUAGE sql STABLE AS $$
    SELECT given.project_id, (given.latest).version_id, given.is_default, each.value,
        CASE kind
            WHEN 'python' THEN headcount_inner.series((given.latest).python_version, 2)
            -- "Debian GNU/Linux 12 (bookworm)" has no dotted number (C2), and 11 is another system.
            WHEN 'os' THEN coalesce(headcount_inner.series((given.latest).os_version, 2), (given.latest).os_name)
            WHEN 'doctool' THEN headcount_inner.series((given.latest).doctool_version, 1)
            WHEN 'image' THEN (given.latest).image_digest
        END
    FROM headcount_inner.versions("window", as_of) AS given
    CROSS JOIN LATERAL unnest(
        CASE kind
            WHEN 'python' THEN ARRAY[(given.latest).python_implementation]
            WHEN 'os' THEN ARRAY[coalesce((given.latest).os_id, (given.latest).os_name)]
            WHEN 'theme' THEN ARRAY[(given.latest).doctool_html_theme]
            WHEN 'doctool' THEN ARRAY[(given.latest).doctool_name]
            WHEN 'extension' THEN (given.latest).doctool_extensions
            WHEN 'build_os' THEN ARRAY[(given.latest).image_os]
            WHEN 'image' THEN ARRAY[(given.latest).image_name]
            WHEN 'vcs' THEN ARRAY[(given.latest).vcs]
            WHEN 'flag' THEN (given.latest).flags
        END
    ) AS each (value)
    WHERE each.value IS NOT NULL
        AND headcount_inner.is_within(
            CASE kind
                WHEN 'python' THEN (given.latest).python_known_at
                WHEN 'os' THEN (given.latest).os_known_at
                WHEN 'theme' THEN (given.latest).doctool_known_at
                WHEN 'doctool' THEN (given.latest).doctool_known_at
                WHEN 'extension' THEN (given.latest).doctool_known_at
                ELSE (given.latest).started_at
            END, "window", as_of
        )
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
        FROM headcount_inner.version_values(kind, "window", as_of) AS given
        WHERE given.is_default OR NOT only_default
    ), counted AS (
        SELECT value, detail, count(*) AS projects FROM known GROUP BY value, detail
        UNION ALL
        -- The unknown is a row of its own (M3).
        SELECT NULL, NULL, count(*) FROM active WHERE project_id NOT IN (SELECT known.project_id FROM known) HAVING count(*) > 0
    )
    SELECT
        -- A name sorts by the first number in it.
        value, detail, headcount_inner.numbers(substring(detail FROM '[0-9].*'), 4), counted.projects,
        round(counted.projects::numeric / nullif(total.projects, 0), 4)::double precision
    FROM counted CROSS JOIN total
    ORDER BY counted.projects DESC, value, 3, detail
$$;

-- The views of one kind of value differ in names and windows only. Each is a function (window, as_of) and a view with its
-- window, and both again for the default version of each project.
CREATE FUNCTION headcount_inner.make_value_views(name text, kind text, usual text, value text, detail text, question text) RETURNS void
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
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
                SELECT value, %5$s projects, share FROM headcount_inner.projects_by_value(%6$L, "window", as_of, %7$L)
            $$
            $body$,
            view, usual, value,
            CASE WHEN detail IS NULL THEN '' ELSE format('%I text, sort_key bigint[],', detail) END,
            CASE WHEN detail IS NULL THEN '' ELSE 'detail, sort_key,' END,
            kind, only_default
        );
        EXECUTE format('COMMENT ON FUNCTION headcount.%I(interval, timestamptz) IS %L', view, question);
        EXECUTE format('CREATE VIEW headcount.%1$I AS SELECT * FROM headcount.%1$I()', view);
        EXECUTE format('COMMENT ON VIEW headcount.%I IS %L', view, format(
            '%s In the last %s; a row without a value counts the projects of which it is not known. %s', question, usual,
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

SELECT headcount_inner.make_value_views('python_projects', 'python', '90 days', 'implementation', 'python', 'How many active projects build with which Python?');
SELECT headcount_inner.make_value_views('os_projects', 'os', '90 days', 'os', 'os_version', 'How many active projects build on which system, as it names itself?');
SELECT headcount_inner.make_value_views('image_projects', 'image', '15 days', 'image', NULL, 'Which images were used, by how many active projects?');
SELECT headcount_inner.make_value_views('theme_projects', 'theme', '90 days', 'html_theme', NULL, 'How many active projects use which HTML theme?');
SELECT headcount_inner.make_value_views('doctool_projects', 'doctool', '90 days', 'doctool', 'series', 'How many active projects use which documentation tool?');
SELECT headcount_inner.make_value_views('flag_projects', 'flag', '90 days', 'flag', NULL, 'How many active projects have which probe of the host?');
-- Q11: latest rows reach as far back.
SELECT headcount_inner.make_value_views('vcs_projects', 'vcs', '12 months', 'vcs', NULL, 'How many active projects use which version control?');
