-- A list that a sink saw in the meantime has another day by now, and stays.
WITH gone AS (
    DELETE FROM headcount_store.package_lists WHERE list_id = ANY (%s) AND last_seen_on < %s RETURNING list_id
), items AS (
    DELETE FROM headcount_store.package_list_items WHERE list_id IN (SELECT list_id FROM gone)
)
SELECT count(*) FROM gone
