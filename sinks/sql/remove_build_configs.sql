-- One that a sink saw in the meantime has another day by now, and stays.
WITH gone AS (
    DELETE FROM headcount_store.build_configs WHERE hash = ANY (%s) AND last_seen_on < %s RETURNING hash
)
SELECT count(*) FROM gone
