WITH ended AS (
    DELETE FROM headcount_store.stops WHERE topic = %(topic)s AND partition = %(partition)s
)
INSERT INTO headcount_store.accepted_holes (topic, partition, cause, first_missing, last_missing, cluster_id, topic_id)
VALUES (%(topic)s, %(partition)s, %(cause)s, %(first_missing)s, %(last_missing)s, %(cluster_id)s, %(topic_id)s)
