-- All versions of some projects, by a transaction that alone may write latest rows.
SELECT {columns}
FROM headcount_store.latest_builds
WHERE project_id = ANY(%s::text[])
ORDER BY {key}
FOR UPDATE OF latest_builds
