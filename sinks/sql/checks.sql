WITH totals AS (
    SELECT
        coalesce(sum(handed_over), 0) AS handed_over,
        coalesce(sum(received + dropped + missing), 0) AS whereabouts,
        coalesce(sum(received), 0) AS received,
        coalesce(sum(accepted + duplicate_batch + duplicate_event + refused), 0) AS decided,
        coalesce(sum(accepted), 0) AS accepted,
        coalesce(sum(added + kept_without_fact), 0) AS placed,
        coalesce(sum(refused), 0) AS refused,
        coalesce(sum(added - taken_back - expired), 0) AS left_over
    FROM headcount_store.ledger_rows
), builds_totals AS (
    SELECT coalesce(sum(added - taken_back - expired), 0) AS left_over
    FROM headcount_store.ledger_rows
    WHERE topic LIKE '%headcount.builds.raw.v1'
), referred AS (
    SELECT unnest(ARRAY[pip_all_hash, conda_all_hash, apt_all_hash]) AS hash FROM headcount_store.builds
    UNION
    SELECT unnest(ARRAY[pip_declared_hash, pip_root_hash, pip_all_hash, conda_all_hash, apt_declared_hash, apt_all_hash])
    FROM headcount_store.latest_builds
), configs AS (
    SELECT unnest(ARRAY[config_user_hash, config_final_hash]) AS hash FROM headcount_store.builds
    UNION
    SELECT unnest(ARRAY[config_user_hash, config_final_hash]) FROM headcount_store.latest_builds
), week_lists AS (
    SELECT DISTINCT list_id FROM headcount_store.project_weeks WHERE list_id IS NOT NULL
), items AS (
    SELECT list_id, count(*) AS packages FROM headcount_store.package_list_items GROUP BY list_id
)
SELECT 'handed_over' AS name, handed_over AS expected, whereabouts AS found FROM totals
UNION ALL SELECT 'received', received, decided FROM totals
UNION ALL SELECT 'accepted', accepted, placed FROM totals
UNION ALL SELECT 'refused_by_reason', refused, (SELECT coalesce(sum(events), 0) FROM headcount_store.refusals) FROM totals
UNION ALL SELECT 'builds', left_over, (SELECT count(*) FROM headcount_store.builds) FROM builds_totals
UNION ALL SELECT 'package_lists', count(*), count(kept.hash)
    FROM referred LEFT JOIN headcount_store.package_lists AS kept USING (hash) WHERE hash IS NOT NULL
UNION ALL SELECT 'lists_of_weeks', count(*), count(kept.list_id)
    FROM week_lists LEFT JOIN headcount_store.package_lists AS kept USING (list_id)
UNION ALL SELECT 'build_configs', count(*), count(kept.hash)
    FROM configs LEFT JOIN headcount_store.build_configs AS kept USING (hash) WHERE hash IS NOT NULL
UNION ALL SELECT 'package_list_items', coalesce(sum(kept.packages), 0), coalesce(sum(items.packages), 0)
    FROM headcount_store.package_lists AS kept LEFT JOIN items USING (list_id)
