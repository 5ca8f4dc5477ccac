-- B43. Put together from what is stored once per content; lateral, so that only the documents asked for are made.
CREATE FUNCTION headcount_inner.package_array(hash bytea) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        (SELECT jsonb_agg(
            jsonb_strip_nulls(jsonb_build_object(
                'channel', items.channel, 'constraint', items.constraint_kind, 'specifier', items.specifier,
                'extras', items.extras, 'conditional', items.conditional
            )) || jsonb_build_object('name', items.name, 'version', items.version)
            ORDER BY items.ordinal
        ) FROM headcount_store.package_list_items AS items WHERE items.list_id = kept.list_id),
        '[]'
    )
    FROM headcount_store.package_lists AS kept WHERE kept.hash = package_array.hash
$$;

-- A part with the build that knows it; null: no build of this version knows it.
CREATE FUNCTION headcount_inner.part(value jsonb, build_id text, known_at timestamptz) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN known_at IS NOT NULL THEN jsonb_build_object('known_build_id', build_id, 'known_at', known_at, 'value', value) END
$$;

CREATE FUNCTION headcount_inner.document(latest headcount_store.latest_builds) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'event_id', latest.event_id,
        'organization', CASE WHEN latest.organization_id IS NOT NULL THEN jsonb_build_object('id', latest.organization_id, 'slug', latest.organization_slug) END,
        'project', jsonb_build_object('id', latest.project_id, 'slug', latest.project_slug, 'private', latest.project_private),
        'version', jsonb_build_object('id', latest.version_id, 'slug', latest.version_slug, 'kind', latest.version_kind, 'default', latest.version_default),
        'build', jsonb_build_object(
            'id', latest.build_id, 'attempt', latest.attempt, 'started_at', latest.started_at, 'length_seconds', latest.length_seconds,
            'status', latest.status, 'success', latest.success, 'commit', latest.commit, 'vcs', latest.vcs, 'flags', latest.flags,
            'failure', CASE WHEN latest.failure_stage IS NOT NULL OR latest.failure_error IS NOT NULL
                THEN jsonb_build_object('stage', latest.failure_stage, 'error', latest.failure_error) END
        ),
        'image', jsonb_build_object('os', latest.image_os, 'name', latest.image_name, 'digest', latest.image_digest),
        'config', jsonb_build_object(
            'user', headcount_inner.part((SELECT body FROM headcount_store.build_configs WHERE hash = latest.config_user_hash),
                latest.config_user_known_build_id, latest.config_user_known_at),
            'final', headcount_inner.part((SELECT body FROM headcount_store.build_configs WHERE hash = latest.config_final_hash),
                latest.config_final_known_build_id, latest.config_final_known_at)
        ),
        'packages', jsonb_build_object(
            'pip', jsonb_build_object(
                'declared', headcount_inner.part(headcount_inner.package_array(latest.pip_declared_hash), latest.pip_declared_known_build_id, latest.pip_declared_known_at),
                'root', headcount_inner.part(headcount_inner.package_array(latest.pip_root_hash), latest.pip_root_known_build_id, latest.pip_root_known_at),
                'all', headcount_inner.part(headcount_inner.package_array(latest.pip_all_hash), latest.pip_all_known_build_id, latest.pip_all_known_at)
            ),
            'conda', jsonb_build_object(
                'all', headcount_inner.part(headcount_inner.package_array(latest.conda_all_hash), latest.conda_all_known_build_id, latest.conda_all_known_at)
            ),
            'apt', jsonb_build_object(
                'declared', headcount_inner.part(headcount_inner.package_array(latest.apt_declared_hash), latest.apt_declared_known_build_id, latest.apt_declared_known_at),
                'all', headcount_inner.part(headcount_inner.package_array(latest.apt_all_hash), latest.apt_all_known_build_id, latest.apt_all_known_at)
            )
        ),
        'python', headcount_inner.part(
            jsonb_build_object('version', latest.python_version, 'implementation', latest.python_implementation,
                'implementation_version', latest.python_implementation_version),
            latest.python_known_build_id, latest.python_known_at),
        'os', headcount_inner.part(
            jsonb_build_object('name', latest.os_name, 'version', latest.os_version, 'id', latest.os_id),
            latest.os_known_build_id, latest.os_known_at),
        'doctool', headcount_inner.part(
            jsonb_build_object('name', latest.doctool_name, 'version', latest.doctool_version, 'extensions', latest.doctool_extensions,
                'html_theme', latest.doctool_html_theme, 'source', latest.doctool_source),
            latest.doctool_known_build_id, latest.doctool_known_at),
        'steps', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('name', step.name, 'seconds', step.seconds, 'exit_code', step.exit_code) ORDER BY step.place), '[]')
            FROM unnest(builds.step_names, builds.step_seconds, builds.step_exit_codes) WITH ORDINALITY AS step (name, seconds, exit_code, place)
        ),
        'collectors', (
            SELECT coalesce(jsonb_object_agg(result.name, jsonb_build_object(
                'status', result.status, 'count', result.count, 'duration_ms', result.duration_ms, 'error', result.error, 'truncated', result.truncated)), '{}')
            FROM unnest(builds.collector_names, builds.collector_statuses, builds.collector_counts, builds.collector_duration_ms,
                builds.collector_errors, builds.collector_truncated) AS result (name, status, count, duration_ms, error, truncated)
        )
    )
    FROM (SELECT) AS one
    -- The slim row may have been dropped by retention; then steps and collectors are empty.
    LEFT JOIN headcount_store.builds
        ON builds.project_id = latest.project_id AND builds.build_id = latest.build_id
        AND builds.attempt = latest.attempt AND builds.started_at = latest.started_at
$$;

-- Called by the view with the reader's rights, so it brings its own; the reader cannot name it.
CREATE FUNCTION headcount_inner.document_text(latest headcount_store.latest_builds) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    SELECT jsonb_pretty(headcount_inner.document(latest))
$$;

CREATE FUNCTION headcount.build_documents(project text DEFAULT NULL, version text DEFAULT NULL, successful boolean DEFAULT false)
RETURNS TABLE (project_id text, project_slug text, version_id text, version_slug text, build_id text, started_at timestamptz, document text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    SELECT latest.project_id, latest.project_slug, latest.version_id, latest.version_slug, latest.build_id, latest.started_at,
        headcount_inner.document_text(latest)
    FROM headcount_store.latest_builds AS latest
    WHERE latest.successful = build_documents.successful
        AND (project IS NULL OR project IN (latest.project_id, latest.project_slug))
        AND (version IS NULL OR version IN (latest.version_id, latest.version_slug))
    ORDER BY latest.project_id, latest.version_id
$$;
COMMENT ON FUNCTION headcount.build_documents(text, text, boolean) IS 'What do we have of the latest (or latest successful) builds of a project or version (id or slug), as one document each?';
-- Not made of the function, which makes all documents whatever is asked: of this, only those that are read.
CREATE VIEW headcount.build_documents AS
SELECT latest.project_id, latest.project_slug, latest.version_id, latest.version_slug, latest.build_id, latest.started_at,
    headcount_inner.document_text(latest) AS document
FROM headcount_store.latest_builds AS latest
WHERE NOT latest.successful;
COMMENT ON VIEW headcount.build_documents IS 'What do we have of each version''s latest build, as one document? Each part says which build knows it. Ask for a project: a document takes some milliseconds.';
COMMENT ON COLUMN headcount.build_documents.project_id IS 'The project.';
COMMENT ON COLUMN headcount.build_documents.project_slug IS 'Its short name.';
COMMENT ON COLUMN headcount.build_documents.version_id IS 'The version.';
COMMENT ON COLUMN headcount.build_documents.version_slug IS 'Its short name.';
COMMENT ON COLUMN headcount.build_documents.build_id IS 'The newest build.';
COMMENT ON COLUMN headcount.build_documents.started_at IS 'When it started.';
COMMENT ON COLUMN headcount.build_documents.document IS 'The scrubbed event as indented JSON.';
