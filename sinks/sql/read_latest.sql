-- Locked in the order of their key, as every transaction does it.
SELECT {columns}
FROM headcount_store.latest_builds
JOIN unnest(%s::text[], %s::text[]) AS wanted (project_id, version_id) USING (project_id, version_id)
ORDER BY {key}
FOR UPDATE OF latest_builds
