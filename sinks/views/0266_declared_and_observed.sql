-- Q2
CREATE FUNCTION headcount.declared_and_observed(package text DEFAULT 'mkdocs', up_to text DEFAULT NULL, "window" interval DEFAULT '6 months', as_of timestamptz DEFAULT now())
RETURNS TABLE (name text, declared bigint, configured bigint, observed bigint, declared_or_configured_not_observed bigint, unknown bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    WITH wanted AS (
        SELECT headcount_inner.package_name('pip', package) AS name
    ), versions AS (
        SELECT given.project_id, given.latest AS row FROM headcount_inner.versions("window", as_of) AS given
    ), lists AS (
        SELECT kept.hash, items.constraint_kind IS NOT NULL AS is_declaration
        FROM headcount_store.package_list_items AS items JOIN headcount_store.package_lists AS kept USING (list_id)
        WHERE items.canonical_name = (SELECT wanted.name FROM wanted)
            AND (up_to IS NULL OR headcount_inner.numbers(items.version, 6) <= headcount_inner.numbers(up_to, 6))
    ), found AS (
        SELECT versions.project_id,
            bool_or((row).pip_declared_hash IN (SELECT hash FROM lists WHERE is_declaration)
                AND headcount_inner.is_within((row).pip_declared_known_at, "window", as_of)) AS declared,
            bool_or(coalesce(config.body -> (SELECT wanted.name FROM wanted) NOT IN ('null'), false)
                AND headcount_inner.is_within((row).config_user_known_at, "window", as_of)) AS configured,
            bool_or((row).pip_all_hash IN (SELECT hash FROM lists WHERE NOT is_declaration)
                AND headcount_inner.is_within((row).pip_all_known_at, "window", as_of)) AS observed,
            bool_or(headcount_inner.is_within((row).pip_all_known_at, "window", as_of)) AS is_known
        FROM versions LEFT JOIN headcount_store.build_configs AS config ON config.hash = (row).config_user_hash
        GROUP BY versions.project_id
    )
    SELECT (SELECT wanted.name FROM wanted), count(*) FILTER (WHERE declared), count(*) FILTER (WHERE configured), count(*) FILTER (WHERE observed),
        count(*) FILTER (WHERE (declared OR configured) AND observed IS NOT TRUE),
        (SELECT count(*) FROM headcount_inner.active("window", as_of)) - count(*) FILTER (WHERE is_known)
    FROM found
$$;
COMMENT ON FUNCTION headcount.declared_and_observed(text, text, interval, timestamptz) IS 'How many active projects declare a package (up to a version, where pinned) or configure it, beside those seen with it?';
CREATE VIEW headcount.declared_and_observed AS SELECT * FROM headcount.declared_and_observed();
COMMENT ON VIEW headcount.declared_and_observed IS 'How many active projects declare or configure MkDocs, beside those seen with it in the last 6 months? The function takes any package, and a version up to which.';
COMMENT ON COLUMN headcount.declared_and_observed.name IS 'The package.';
COMMENT ON COLUMN headcount.declared_and_observed.declared IS 'Distinct active projects that declare it.';
COMMENT ON COLUMN headcount.declared_and_observed.configured IS 'Distinct active projects whose configuration has a key of that name.';
COMMENT ON COLUMN headcount.declared_and_observed.observed IS 'Distinct active projects in whose environment it was installed.';
COMMENT ON COLUMN headcount.declared_and_observed.declared_or_configured_not_observed IS 'Those that say so and were not seen with it.';
COMMENT ON COLUMN headcount.declared_and_observed.unknown IS 'Distinct active projects whose installed packages are not known.';
