-- Q1. Many versions share few lists, and most packages of an image stand in the same lists. So packages are counted once a
-- set of lists, not once a project: that is what keeps this under a second.
CREATE FUNCTION headcount_inner.package_projects("window" interval, as_of timestamptz, package text, only_default boolean)
RETURNS TABLE (ecosystem text, name text, series text, sort_key bigint[], projects bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET work_mem = '32MB' SET jit = off AS $$
    WITH versions AS (
        SELECT given.project_id, given.latest AS row
        FROM headcount_inner.versions("window", as_of) AS given
        WHERE given.is_default OR NOT only_default
    ), known AS (
        SELECT versions.project_id, given.ecosystem, given.hash, given.pip_hash
        FROM versions
        CROSS JOIN LATERAL (
            VALUES
                ('pip', (row).pip_all_hash, NULL, (row).pip_all_known_at),
                ('apt', (row).apt_all_hash, NULL, (row).apt_all_known_at),
                -- B19: without what pip lists as well, so it depends on both lists.
                ('conda', (row).conda_all_hash, (row).pip_all_hash, (row).conda_all_known_at)
        ) AS given (ecosystem, hash, pip_hash, known_at)
        WHERE given.hash IS NOT NULL AND headcount_inner.is_within(given.known_at, "window", as_of)
    ), units AS MATERIALIZED (
        SELECT DISTINCT project_id, known.ecosystem, mine.list_id, pip_list.list_id AS pip_list_id,
            dense_rank() OVER (ORDER BY mine.list_id, pip_list.list_id) AS unit
        FROM known
        JOIN headcount_store.package_lists AS mine USING (hash)
        LEFT JOIN headcount_store.package_lists AS pip_list ON pip_list.hash = known.pip_hash
    ), lists AS (
        SELECT DISTINCT unit, list_id, pip_list_id FROM units
    ), listed AS (
        SELECT DISTINCT
            items.ecosystem, items.canonical_name AS name,
            substring(items.version FROM '^(?:[0-9]+[:!])?([0-9]+)') AS series, lists.unit
        FROM lists
        JOIN headcount_store.package_list_items AS items USING (list_id)
        WHERE (package_projects.package IS NULL OR items.canonical_name IN (
                headcount_inner.package_name('pip', package_projects.package), headcount_inner.package_name('apt', package_projects.package)
            ))
            AND (lists.pip_list_id IS NULL OR items.ecosystem <> 'conda' OR NOT EXISTS (
                SELECT FROM headcount_store.package_list_items AS pip_items
                WHERE pip_items.list_id = lists.pip_list_id AND pip_items.canonical_name = items.canonical_name
            ))
    ), packages AS MATERIALIZED (
        SELECT listed.ecosystem, listed.name, listed.series, array_agg(listed.unit ORDER BY listed.unit) AS units
        FROM listed
        GROUP BY listed.ecosystem, listed.name, listed.series
    ), sets AS MATERIALIZED (
        SELECT distinct_sets.units, row_number() OVER () AS set
        FROM (SELECT DISTINCT packages.units FROM packages) AS distinct_sets
    ), counted AS MATERIALIZED (
        SELECT members.set, count(*) AS projects
        FROM (
            SELECT DISTINCT sets.set, units.project_id
            FROM sets CROSS JOIN LATERAL unnest(sets.units) AS each (unit) JOIN units USING (unit)
        ) AS members
        GROUP BY members.set
    ), unknown AS (
        SELECT given.ecosystem, count(*) AS projects
        FROM headcount_inner.active("window", as_of) AS active
        CROSS JOIN (VALUES ('pip'), ('conda'), ('apt')) AS given (ecosystem)
        WHERE NOT EXISTS (SELECT FROM known WHERE known.project_id = active.project_id AND known.ecosystem = given.ecosystem)
        GROUP BY given.ecosystem
    )
    SELECT ecosystem, packages.name, series, headcount_inner.numbers(series, 1), counted.projects
    FROM packages JOIN sets USING (units) JOIN counted USING (set)
    UNION ALL
    SELECT ecosystem, NULL, NULL, NULL, unknown.projects FROM unknown
    ORDER BY 5 DESC, 1, 2, 4
$$;

CREATE FUNCTION headcount.package_projects("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now(), package text DEFAULT NULL)
RETURNS TABLE (ecosystem text, name text, series text, sort_key bigint[], projects bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    SELECT * FROM headcount_inner.package_projects("window", as_of, package_projects.package, false)
$$;
COMMENT ON FUNCTION headcount.package_projects(interval, timestamptz, text) IS 'How many active projects build with which series of a package (or of every one)?';
CREATE FUNCTION headcount.package_projects_default("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now(), package text DEFAULT NULL)
RETURNS TABLE (ecosystem text, name text, series text, sort_key bigint[], projects bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    SELECT * FROM headcount_inner.package_projects("window", as_of, package_projects_default.package, true)
$$;
COMMENT ON FUNCTION headcount.package_projects_default(interval, timestamptz, text) IS 'The same by the default version of each project.';

CREATE VIEW headcount.package_projects AS SELECT * FROM headcount.package_projects();
COMMENT ON VIEW headcount.package_projects IS 'How many active projects built with which series of a package in the last 90 days? A project counts once a series. A row without a name counts the projects whose list of that ecosystem is not known.';
CREATE VIEW headcount.package_projects_default AS SELECT * FROM headcount.package_projects_default();
COMMENT ON VIEW headcount.package_projects_default IS 'How many active projects built their default version with which series of a package in the last 90 days? Series of a package add up.';
DO $$
DECLARE
    view text;
BEGIN
    FOREACH view IN ARRAY ARRAY['package_projects', 'package_projects_default'] LOOP
        EXECUTE format('COMMENT ON COLUMN headcount.%I.ecosystem IS ''pip, conda or apt.''', view);
        EXECUTE format('COMMENT ON COLUMN headcount.%I.name IS ''The package, normalised; null: the list is not known.''', view);
        EXECUTE format('COMMENT ON COLUMN headcount.%I.series IS ''The first number of its version: 1 for 1.x; null: the version has none.''', view);
        EXECUTE format('COMMENT ON COLUMN headcount.%I.sort_key IS ''ORDER BY this sorts series as numbers.''', view);
        EXECUTE format('COMMENT ON COLUMN headcount.%I.projects IS ''Distinct active projects.''', view);
    END LOOP;
END
$$;
