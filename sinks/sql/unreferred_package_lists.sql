WITH referred AS (
    SELECT DISTINCT unnest(ARRAY[pip_all_hash, conda_all_hash, apt_all_hash]) AS hash FROM headcount_store.builds
    UNION
    SELECT unnest(ARRAY[pip_declared_hash, pip_root_hash, pip_all_hash, conda_all_hash, apt_declared_hash, apt_all_hash])
    FROM headcount_store.latest_builds
)
SELECT kept.last_seen_on, kept.list_id
FROM headcount_store.package_lists AS kept
WHERE kept.last_seen_on < %s
    AND NOT EXISTS (SELECT FROM referred WHERE referred.hash = kept.hash)
    AND NOT EXISTS (SELECT FROM headcount_store.project_weeks AS weeks WHERE weeks.list_id = kept.list_id)
