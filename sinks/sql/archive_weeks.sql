-- Lists by their hash, as the archive of lists names them.
SELECT json_build_object(
    'kind', kept.kind, 'week', kept.week, 'project_id', kept.project_id, 'list_hash', encode(lists.hash, 'hex'),
    'value', kept.value, 'detail', kept.detail
)::text
FROM headcount_store.project_weeks AS kept
LEFT JOIN headcount_store.package_lists AS lists USING (list_id)
WHERE kept.kind = ANY (%s) AND kept.week = %s
ORDER BY kept.kind, kept.project_id, lists.hash, kept.value, kept.detail
