INSERT INTO headcount_store.retirements AS kept (project_id, version_id, successful, retired_at, received_at)
SELECT project_id, version_id, successful, retired_at, received_at
FROM unnest(%s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %s::timestamptz[])
    AS given (project_id, version_id, successful, retired_at, received_at)
ORDER BY project_id, version_id, successful
ON CONFLICT (project_id, version_id, successful) DO UPDATE SET
    retired_at = greatest(kept.retired_at, excluded.retired_at),
    received_at = greatest(kept.received_at, excluded.received_at)
