-- Q6: from what people wrote themselves, never from the merged configuration; default version only.
CREATE FUNCTION headcount.config_key_projects_default("window" interval DEFAULT '90 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (key text, value text, projects bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    WITH versions AS MATERIALIZED (
        SELECT given.project_id, (given.latest).config_user_hash AS hash,
            headcount_inner.is_within((given.latest).config_user_known_at, "window", as_of) AS is_known
        FROM headcount_inner.versions("window", as_of) AS given
        WHERE given.is_default
    ), configs AS (
        SELECT kept.hash, kept.body
        FROM headcount_store.build_configs AS kept
        WHERE kept.hash IN (SELECT versions.hash FROM versions) AND jsonb_typeof(kept.body) = 'object'
    ), keys AS (
        SELECT configs.hash, first.key,
            -- Of one value only: whole subtrees are a row each deeper down.
            CASE WHEN jsonb_typeof(first.value) IN ('object', 'array') THEN NULL ELSE first.value #>> '{}' END AS value
        FROM configs CROSS JOIN LATERAL jsonb_each(configs.body) AS first
        UNION ALL
        SELECT configs.hash, first.key || '.' || second.key,
            CASE WHEN jsonb_typeof(second.value) IN ('object', 'array') THEN NULL ELSE second.value #>> '{}' END
        FROM configs CROSS JOIN LATERAL jsonb_each(configs.body) AS first
        CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(first.value) = 'object' THEN first.value ELSE '{}' END) AS second
    )
    SELECT keys.key, keys.value, count(DISTINCT versions.project_id)
    FROM versions JOIN keys USING (hash)
    WHERE versions.is_known
    GROUP BY keys.key, keys.value
    UNION ALL
    SELECT '(no file)', NULL, count(DISTINCT versions.project_id) FROM versions WHERE versions.is_known AND versions.hash IS NULL
    HAVING count(*) > 0
    UNION ALL
    -- Also those that have built nothing but pull requests.
    SELECT NULL, NULL, count(*) FROM headcount_inner.active("window", as_of) AS active
    WHERE active.project_id NOT IN (SELECT versions.project_id FROM versions WHERE versions.is_known)
    HAVING count(*) > 0
    ORDER BY 3 DESC, 1, 2
$$;
COMMENT ON FUNCTION headcount.config_key_projects_default(interval, timestamptz) IS 'Who wrote which key into their configuration, by their default version?';
CREATE VIEW headcount.config_key_projects_default AS SELECT * FROM headcount.config_key_projects_default();
COMMENT ON VIEW headcount.config_key_projects_default IS 'How many active projects wrote which key (build.image, python.system_packages, version …) into the file of their default version, in the last 90 days? From the file as written; (no file): there is none.';
COMMENT ON COLUMN headcount.config_key_projects_default.key IS 'The key, at most two deep; null: the file is not known.';
COMMENT ON COLUMN headcount.config_key_projects_default.value IS 'Its value; null where it is a list or has keys of its own.';
COMMENT ON COLUMN headcount.config_key_projects_default.projects IS 'Distinct active projects.';
