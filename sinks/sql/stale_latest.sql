-- Rows whose knowledge is all too old (L8); where no build knows anything, the row's own start counts.
SELECT project_id, version_id, successful
FROM headcount_store.latest_builds
WHERE coalesce(greatest({known}), started_at) < %s
