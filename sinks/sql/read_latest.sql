-- Locked in the order of their key, as every transaction does it.
WITH wanted AS (
    SELECT project_id, version_id FROM unnest(%s::text[], %s::text[]) AS given (project_id, version_id)
)
SELECT {columns} FROM headcount_store.latest_builds
WHERE (project_id, version_id) IN (SELECT project_id, version_id FROM wanted)
ORDER BY {key}
FOR UPDATE
