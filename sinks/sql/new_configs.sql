INSERT INTO headcount_store.build_configs (hash, body)
SELECT hash, body::jsonb FROM unnest(%s::bytea[], %s::text[]) AS given (hash, body)
ORDER BY hash
ON CONFLICT (hash) DO UPDATE SET last_seen_on = current_date
