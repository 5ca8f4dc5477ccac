SELECT row_to_json(kept)::text
FROM headcount_store.builds AS kept
WHERE started_at >= %s AND started_at < %s
ORDER BY started_at, project_id, build_id, attempt
