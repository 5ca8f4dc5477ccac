-- A new owner: from here on every transaction of the former one is rolled back.
INSERT INTO headcount_store.positions AS kept (topic, partition, epoch, backend_pid) VALUES (%s, %s, 1, pg_backend_pid())
ON CONFLICT (topic, partition) DO UPDATE SET epoch = kept.epoch + 1, backend_pid = excluded.backend_pid
RETURNING partition, next_raw_offset, next_clean_offset, cluster_id, topic_id, former_series, epoch
