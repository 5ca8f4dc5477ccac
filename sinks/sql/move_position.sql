UPDATE headcount_store.positions
SET next_raw_offset = %s, next_clean_offset = %s, cluster_id = %s, topic_id = %s
WHERE topic = %s AND partition = %s
