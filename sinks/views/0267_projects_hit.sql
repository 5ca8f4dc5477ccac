-- Q14
CREATE FUNCTION headcount.projects_hit(kind text, value text DEFAULT NULL, detail text DEFAULT NULL, "window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (project_id text, project_slug text, version_id text, version_slug text, build_id text, started_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    WITH hit AS (
        SELECT given.project_id, given.version_id
        FROM headcount_inner.version_values(projects_hit.kind, "window", as_of) AS given
        WHERE given.value = projects_hit.value AND (projects_hit.detail IS NULL OR given.detail = projects_hit.detail)
        UNION
        SELECT (given.latest).project_id, (given.latest).version_id
        FROM headcount_inner.versions("window", as_of) AS given
        CROSS JOIN LATERAL (
            VALUES
                ('pip', (given.latest).pip_all_hash, (given.latest).pip_all_known_at),
                ('conda', (given.latest).conda_all_hash, (given.latest).conda_all_known_at),
                ('apt', (given.latest).apt_all_hash, (given.latest).apt_all_known_at)
        ) AS list (ecosystem, hash, known_at)
        JOIN headcount_store.package_lists AS kept ON kept.hash = list.hash
        JOIN headcount_store.package_list_items AS items USING (list_id)
        WHERE projects_hit.kind = list.ecosystem AND headcount_inner.is_within(list.known_at, "window", as_of)
            AND items.canonical_name = projects_hit.value
            AND (projects_hit.detail IS NULL OR substring(items.version FROM '^(?:[0-9]+[:!])?([0-9]+)') = projects_hit.detail)
        UNION
        SELECT (given.latest).project_id, (given.latest).version_id
        FROM headcount_inner.versions("window", as_of) AS given
        JOIN headcount_store.build_configs AS config ON config.hash = (given.latest).config_user_hash
        WHERE projects_hit.kind = 'config_key'
            AND headcount_inner.is_within((given.latest).config_user_known_at, "window", as_of)
            AND config.body #> string_to_array(projects_hit.value, '.') IS NOT NULL
            AND (projects_hit.detail IS NULL OR config.body #>> string_to_array(projects_hit.value, '.') = projects_hit.detail)
    )
    SELECT latest.project_id, latest.project_slug, latest.version_id, latest.version_slug, latest.build_id, latest.started_at
    FROM hit JOIN headcount_store.latest_builds AS latest USING (project_id, version_id)
    WHERE latest.successful
    ORDER BY latest.project_id, latest.version_id
$$;
COMMENT ON FUNCTION headcount.projects_hit(text, text, text, interval, timestamptz) IS 'Which projects and versions stand behind a number, to be contacted before anything is enforced? kind: python, os, image, theme, doctool, flag, extension, build_os, vcs (value, detail as in their views), pip, conda, apt (name, series) or config_key (key, value).';
