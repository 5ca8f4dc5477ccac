-- Looked at again under the lock: a build may have come since. The mark keeps a late event from bringing the row back.
WITH gone AS (
    DELETE FROM headcount_store.latest_builds
    USING unnest(%(projects)s::text[], %(versions)s::text[], %(successful)s::boolean[])
        AS found (of_project, of_version, of_successful)
    WHERE (project_id, version_id, successful) = (of_project, of_version, of_successful)
        AND coalesce(greatest({known}), started_at) < %(oldest)s
    RETURNING project_id, version_id, successful, started_at
), marked AS (
    INSERT INTO headcount_store.retirements AS kept (project_id, version_id, successful, retired_at, received_at)
    SELECT project_id, version_id, successful, started_at, %(as_of)s FROM gone ORDER BY 1, 2, 3
    ON CONFLICT (project_id, version_id, successful) DO UPDATE SET
        retired_at = greatest(kept.retired_at, excluded.retired_at),
        received_at = greatest(kept.received_at, excluded.received_at)
)
SELECT count(*) FROM gone
