-- The session's temporary tables: what a transaction brings, before it meets what is there.
CREATE TEMPORARY TABLE new_builds (LIKE headcount_store.builds) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE new_weeks (kind text, week date, project_id text, list_hash bytea, value text, detail text) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE new_latest (LIKE headcount_store.latest_builds) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE new_ledger (LIKE headcount_store.ledger_rows INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
