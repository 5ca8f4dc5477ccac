SELECT partition, next_raw_offset, next_clean_offset, cluster_id, topic_id, former_series, epoch
FROM headcount_store.positions
WHERE topic = %s AND partition = ANY(%s)
ORDER BY partition
FOR UPDATE
