CREATE VIEW headcount_inner.version_packages AS
WITH lists AS (
    SELECT latest.successful, latest.project_id, latest.version_id, latest.pip_all_hash, given.*
    FROM headcount_store.latest_builds AS latest
    CROSS JOIN LATERAL (
        VALUES
            ('declared', pip_declared_hash, pip_declared_known_at, pip_declared_known_build_id),
            ('root', pip_root_hash, pip_root_known_at, pip_root_known_build_id),
            ('all', pip_all_hash, pip_all_known_at, pip_all_known_build_id),
            ('all', conda_all_hash, conda_all_known_at, conda_all_known_build_id),
            ('declared', apt_declared_hash, apt_declared_known_at, apt_declared_known_build_id),
            ('all', apt_all_hash, apt_all_known_at, apt_all_known_build_id)
    ) AS given (scope, hash, known_at, known_build_id)
    WHERE given.hash IS NOT NULL
)
SELECT
    lists.successful, lists.project_id, latest.project_slug, lists.version_id, latest.version_slug, latest.version_kind,
    items.ecosystem, lists.scope, items.name, items.canonical_name, items.version, items.sort_key, items.channel,
    items.constraint_kind, items.specifier, items.extras, items.conditional, lists.known_at, lists.known_build_id
FROM lists
JOIN headcount_store.latest_builds AS latest USING (successful, project_id, version_id)
JOIN headcount_store.package_lists AS kept ON kept.hash = lists.hash
JOIN headcount_store.package_list_items AS items USING (list_id)
-- B19: what both conda and pip list is one package, and pip's row is the one.
WHERE items.ecosystem <> 'conda' OR NOT EXISTS (
    SELECT FROM headcount_store.package_lists AS pip_list
    JOIN headcount_store.package_list_items AS pip_items USING (list_id)
    WHERE pip_list.hash = lists.pip_all_hash AND pip_items.canonical_name = items.canonical_name
);

DO $$
DECLARE
    view text;
    comment text[];
BEGIN
    FOREACH view IN ARRAY ARRAY['latest_packages', 'latest_successful_packages'] LOOP
        EXECUTE format(
            'CREATE VIEW headcount.%I AS SELECT project_id, project_slug, version_id, version_slug, version_kind, ecosystem, scope, name, '
            'version, sort_key, channel, constraint_kind, specifier, extras, conditional, known_at, known_build_id '
            'FROM headcount_inner.version_packages WHERE successful = %L', view, view = 'latest_successful_packages');
        FOREACH comment SLICE 1 IN ARRAY ARRAY[
            ['project_id', 'The project.'], ['project_slug', 'Its short name.'], ['version_id', 'The version of the project.'],
            ['version_slug', 'Its short name.'], ['version_kind', 'branch, tag or external.'],
            ['ecosystem', 'pip, conda or apt.'], ['scope', 'declared, root or all.'], ['name', 'The package.'],
            ['version', 'Its version; null: not known.'], ['sort_key', 'ORDER BY this sorts versions as versions.'],
            ['channel', 'conda: the channel.'], ['constraint_kind', 'Declared: pinned, prefix, range, none, url, vcs, path, invalid.'],
            ['specifier', 'Declared: the specifier.'], ['extras', 'Declared: extras.'], ['conditional', 'Declared: whether it has a marker.'],
            ['known_at', 'When the build started that knows this list.'], ['known_build_id', 'The id of that build.']
        ] LOOP
            EXECUTE format('COMMENT ON COLUMN headcount.%I.%I IS %L', view, comment[1], comment[2]);
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON VIEW headcount.latest_packages IS 'Which packages does each version have, declare and build on, by the newest build of any outcome that knows it?';
COMMENT ON VIEW headcount.latest_successful_packages IS 'Which packages does each version have, declare and build on, by its newest successful build that knows it?';
