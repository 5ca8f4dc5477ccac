INSERT INTO headcount_store.stops
    (topic, partition, cause, expected_raw_offset, found_raw_offset, found_clean_offset, cluster_id, topic_id, what, way_on)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (topic, partition) DO UPDATE SET
    cause = excluded.cause,
    expected_raw_offset = excluded.expected_raw_offset,
    found_raw_offset = excluded.found_raw_offset,
    found_clean_offset = excluded.found_clean_offset,
    cluster_id = excluded.cluster_id,
    topic_id = excluded.topic_id,
    what = excluded.what,
    way_on = excluded.way_on
