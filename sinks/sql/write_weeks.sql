-- A set: what is there already stays as it is. The lists of this transaction have been written before.
INSERT INTO headcount_store.project_weeks (kind, week, project_id, list_id, value, detail)
SELECT brought.kind, brought.week, brought.project_id, lists.list_id, brought.value, brought.detail
FROM new_weeks AS brought
LEFT JOIN headcount_store.package_lists AS lists ON lists.hash = brought.list_hash
ORDER BY 1, 2, 3, 4, 5, 6
ON CONFLICT DO NOTHING
