SELECT topic, partition, cause, expected_raw_offset, found_raw_offset, found_clean_offset, cluster_id, topic_id
FROM headcount_store.stops
WHERE %s::text IS NULL OR topic = %s
ORDER BY topic, partition
