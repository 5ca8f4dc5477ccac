DELETE FROM headcount_store.latest_builds
USING unnest(%s::boolean[], %s::text[], %s::text[]) AS gone (of_successful, of_project, of_version)
WHERE (project_id, version_id, successful) = (of_project, of_version, of_successful)
