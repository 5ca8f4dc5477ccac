-- Behind the hole. A partition that began with a hole has no series yet, and takes that of what came.
UPDATE headcount_store.positions
SET next_raw_offset = %(next_raw_offset)s,
    next_clean_offset = %(next_clean_offset)s,
    cluster_id = coalesce(cluster_id, %(cluster_id)s),
    topic_id = coalesce(topic_id, %(topic_id)s)
WHERE topic = %(topic)s AND partition = %(partition)s
