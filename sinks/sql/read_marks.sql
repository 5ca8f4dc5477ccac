-- What is known of some versions: marks of their own, and of their projects.
WITH wanted AS (
    SELECT project_id, version_id FROM unnest(%s::text[], %s::text[]) AS given (project_id, version_id)
)
SELECT project_id, version_id, successful, retired_at
FROM wanted JOIN headcount_store.retirements USING (project_id, version_id)
UNION ALL
SELECT wanted.project_id, wanted.version_id, marks.successful, marks.retired_at
FROM wanted JOIN headcount_store.retirements AS marks ON marks.project_id = wanted.project_id AND marks.version_id IS NULL
