-- Q8
CREATE FUNCTION headcount.extension_projects("window" interval DEFAULT '15 days', as_of timestamptz DEFAULT now(), more_than integer DEFAULT 10)
RETURNS TABLE (extension text, seen_as text, projects bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH modules AS (
        SELECT DISTINCT given.project_id, given.value
        FROM headcount_inner.version_values("window", as_of) AS given
        WHERE given.kind = 'extension'
    ), packages AS (
        SELECT found.name, sum(found.projects) AS projects, max(found.projects) AS at_least
        FROM headcount_inner.package_projects("window", as_of, NULL, false) AS found
        WHERE found.ecosystem = 'pip' AND found.name LIKE '%sphinx%'
            -- Sphinx itself, and what it brings along.
            AND found.name <> ALL (ARRAY['sphinx', 'sphinxcontrib-applehelp', 'sphinxcontrib-devhelp', 'sphinxcontrib-htmlhelp',
                'sphinxcontrib-jsmath', 'sphinxcontrib-qthelp', 'sphinxcontrib-serializinghtml'])
        GROUP BY found.name
    )
    SELECT value, 'module', count(*) FROM modules GROUP BY value HAVING count(*) > more_than
    UNION ALL
    SELECT name, 'package', at_least FROM packages WHERE at_least > more_than
    ORDER BY 3 DESC, 1
$$;
COMMENT ON FUNCTION headcount.extension_projects(interval, timestamptz, integer) IS 'Which Sphinx extensions are used by more than so many active projects?';
CREATE VIEW headcount.extension_projects AS SELECT * FROM headcount.extension_projects();
COMMENT ON VIEW headcount.extension_projects IS 'Which Sphinx extensions are used by more than 10 active projects in the last 15 days, as modules that are loaded and as packages that are installed?';
COMMENT ON COLUMN headcount.extension_projects.extension IS 'The module or package.';
COMMENT ON COLUMN headcount.extension_projects.seen_as IS 'module: named in extensions; package: installed (by its most frequent series).';
COMMENT ON COLUMN headcount.extension_projects.projects IS 'Distinct active projects.';
