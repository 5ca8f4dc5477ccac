-- Q14: behind any cell, that of the unknown too. The words are those of the views: a value, and beside it a version or series.
CREATE FUNCTION headcount.projects_hit(
    kind text, value text DEFAULT NULL, detail text DEFAULT NULL, "window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now(),
    only_default boolean DEFAULT false
)
RETURNS TABLE (project_id text, project_slug text, version_id text, version_slug text, build_id text, started_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    WITH versions AS MATERIALIZED (
        SELECT given.project_id, (given.latest).version_id, (given.latest).pip_all_hash AS pip_hash,
            list.ecosystem, list.hash, list.known_at,
            CASE WHEN headcount_inner.is_within((given.latest).config_user_known_at, "window", as_of) THEN coalesce((given.latest).config_user_hash, '') END AS config,
            headcount_inner.is_within((given.latest).doctool_known_at, "window", as_of) AS knows_doctool
        FROM headcount_inner.versions("window", as_of) AS given
        LEFT JOIN LATERAL (
            VALUES
                ('pip', (given.latest).pip_all_hash, (given.latest).pip_all_known_at),
                ('conda', (given.latest).conda_all_hash, (given.latest).conda_all_known_at),
                ('apt', (given.latest).apt_all_hash, (given.latest).apt_all_known_at),
                ('declared', (given.latest).pip_declared_hash, (given.latest).pip_declared_known_at)
        ) AS list (ecosystem, hash, known_at)
            ON list.ecosystem = projects_hit.kind AND headcount_inner.is_within(list.known_at, "window", as_of)
        WHERE given.is_default OR NOT only_default
    ), valued AS MATERIALIZED (
        SELECT given.project_id, given.version_id, given.value, given.detail
        FROM headcount_inner.version_values(projects_hit.kind, "window", as_of) AS given
        WHERE given.is_default OR NOT only_default
    ), known AS (
        SELECT valued.project_id FROM valued WHERE projects_hit.kind <> 'extension'
        UNION
        SELECT versions.project_id FROM versions
        WHERE versions.hash IS NOT NULL
            OR (projects_hit.kind = 'config_key' AND versions.config IS NOT NULL)
            OR (projects_hit.kind = 'extension' AND versions.knows_doctool)
    ), hit AS (
        SELECT valued.project_id, valued.version_id
        FROM valued
        WHERE valued.value = projects_hit.value AND (projects_hit.detail IS NULL OR valued.detail = projects_hit.detail)
        UNION
        SELECT versions.project_id, versions.version_id
        FROM versions
        JOIN headcount_store.package_lists AS kept USING (hash)
        JOIN headcount_store.package_list_items AS items USING (list_id)
        WHERE items.canonical_name = headcount_inner.package_name(projects_hit.kind, projects_hit.value)
            AND (projects_hit.detail IS NULL OR substring(items.version FROM '^(?:[0-9]+[:!])?([0-9]+)') = projects_hit.detail)
            -- B19
            AND (projects_hit.kind <> 'conda' OR NOT EXISTS (
                SELECT FROM headcount_store.package_lists AS pip_list
                JOIN headcount_store.package_list_items AS pip_items USING (list_id)
                WHERE pip_list.hash = versions.pip_hash AND pip_items.canonical_name = items.canonical_name
            ))
        UNION
        SELECT versions.project_id, versions.version_id
        FROM versions
        JOIN headcount_store.build_configs AS config ON config.hash = versions.config
        WHERE projects_hit.kind = 'config_key'
            AND config.body #> string_to_array(projects_hit.value, '.') IS NOT NULL
            AND (projects_hit.detail IS NULL OR config.body #>> string_to_array(projects_hit.value, '.') = projects_hit.detail)
        UNION
        SELECT versions.project_id, versions.version_id
        FROM versions
        WHERE projects_hit.kind = 'config_key' AND projects_hit.value = '(no file)' AND versions.config = ''
        UNION
        SELECT versions.project_id, versions.version_id
        FROM versions
        WHERE projects_hit.value IS NULL AND versions.project_id NOT IN (SELECT known.project_id FROM known)
            AND projects_hit.kind IN ('python', 'os', 'image', 'theme', 'doctool', 'flag', 'extension', 'build_os', 'vcs', 'pip', 'conda', 'apt', 'declared', 'config_key')
    )
    SELECT latest.project_id, latest.project_slug, latest.version_id, latest.version_slug, latest.build_id, latest.started_at
    FROM hit JOIN headcount_store.latest_builds AS latest USING (project_id, version_id)
    WHERE latest.successful
    ORDER BY latest.project_id, latest.version_id
$$;
COMMENT ON FUNCTION headcount.projects_hit(text, text, text, interval, timestamptz, boolean) IS 'Which projects and versions stand behind a number, to be contacted before anything is enforced? kind: python, os, image, theme, doctool, flag, extension, build_os, vcs (value, detail as in their views), pip, conda, apt, declared (name, series) or config_key (key, value). Without a value: those of which it is not known.';
