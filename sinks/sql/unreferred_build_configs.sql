WITH referred AS (
    SELECT DISTINCT unnest(ARRAY[config_user_hash, config_final_hash]) AS hash FROM headcount_store.builds
    UNION
    SELECT unnest(ARRAY[config_user_hash, config_final_hash]) FROM headcount_store.latest_builds
)
SELECT kept.last_seen_on, kept.hash
FROM headcount_store.build_configs AS kept
WHERE kept.last_seen_on < %s AND NOT EXISTS (SELECT FROM referred WHERE referred.hash = kept.hash)
