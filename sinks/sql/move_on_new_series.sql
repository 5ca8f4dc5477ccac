-- The clean topic is read from its beginning; what is left of the former series in it is passed over.
UPDATE headcount_store.positions
SET next_raw_offset = 0,
    next_clean_offset = 0,
    cluster_id = NULL,
    topic_id = NULL,
    former_series = array_append(former_series, %(former)s)
WHERE topic = %(topic)s AND partition = %(partition)s
