-- Q8. A package is an extension by its name, or is one of the well-known ones whose names do not say it.
CREATE FUNCTION headcount_inner.is_extension(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (
        name LIKE '%sphinx%'
        OR name IN ('breathe', 'exhale', 'm2r', 'm2r2', 'myst-nb', 'myst-parser', 'numpydoc', 'recommonmark', 'releases', 'rinohtype')
    )
    -- Sphinx itself, and what it brings along.
    AND name NOT IN ('sphinx', 'sphinxcontrib-applehelp', 'sphinxcontrib-devhelp', 'sphinxcontrib-htmlhelp', 'sphinxcontrib-jsmath',
        'sphinxcontrib-qthelp', 'sphinxcontrib-serializinghtml', 'sphinxcontrib-websupport')
$$;

CREATE FUNCTION headcount.extension_projects("window" interval DEFAULT '15 days', as_of timestamptz DEFAULT now(), more_than integer DEFAULT 10)
RETURNS TABLE (extension text, seen_as text, projects bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    WITH active AS MATERIALIZED (
        SELECT active.project_id FROM headcount_inner.active("window", as_of) AS active
    ), versions AS MATERIALIZED (
        SELECT given.project_id,
            CASE WHEN headcount_inner.is_within((given.latest).doctool_known_at, "window", as_of) THEN (given.latest).doctool_extensions END AS modules,
            CASE WHEN headcount_inner.is_within((given.latest).pip_all_known_at, "window", as_of) THEN (given.latest).pip_all_hash END AS hash
        FROM headcount_inner.versions("window", as_of) AS given
    ), modules AS (
        SELECT module, count(DISTINCT versions.project_id) AS projects
        FROM versions CROSS JOIN LATERAL unnest(versions.modules) AS module
        GROUP BY module
    ), packages AS (
        SELECT items.canonical_name AS name, count(DISTINCT held.project_id) AS projects
        FROM (SELECT DISTINCT versions.project_id, versions.hash FROM versions) AS held
        JOIN headcount_store.package_lists AS kept USING (hash)
        JOIN headcount_store.package_list_items AS items USING (list_id)
        WHERE headcount_inner.is_extension(items.canonical_name)
        GROUP BY items.canonical_name
    )
    SELECT modules.module, 'module', modules.projects FROM modules WHERE modules.projects > more_than
    UNION ALL
    SELECT packages.name, 'package', packages.projects FROM packages WHERE packages.projects > more_than
    UNION ALL
    -- The unknown, however many (M3).
    SELECT NULL, 'module', count(*) FROM active
    WHERE active.project_id NOT IN (SELECT versions.project_id FROM versions WHERE versions.modules IS NOT NULL) HAVING count(*) > 0
    UNION ALL
    SELECT NULL, 'package', count(*) FROM active
    WHERE active.project_id NOT IN (SELECT versions.project_id FROM versions WHERE versions.hash IS NOT NULL) HAVING count(*) > 0
    ORDER BY 3 DESC, 1, 2
$$;
COMMENT ON FUNCTION headcount.extension_projects(interval, timestamptz, integer) IS 'Which Sphinx extensions are used by more than so many active projects?';
CREATE VIEW headcount.extension_projects AS SELECT * FROM headcount.extension_projects();
COMMENT ON VIEW headcount.extension_projects IS 'Which Sphinx extensions are used by more than 10 active projects in the last 15 days, as modules that are loaded and as packages that are installed? A row without an extension counts the projects of which it is not known.';
COMMENT ON COLUMN headcount.extension_projects.extension IS 'The module or package; null: not known.';
COMMENT ON COLUMN headcount.extension_projects.seen_as IS 'module: named in extensions; package: installed, in whatever version.';
COMMENT ON COLUMN headcount.extension_projects.projects IS 'Distinct active projects.';
