-- Lists that nobody has stored yet come back with their id. A day of last sight keeps the daily job off lists in use.
INSERT INTO headcount_store.package_lists AS kept (hash, ecosystem, packages)
SELECT hash, ecosystem, packages FROM unnest(%s::bytea[], %s::text[], %s::integer[]) AS given (hash, ecosystem, packages)
ORDER BY hash
ON CONFLICT (hash) DO UPDATE SET last_seen_on = current_date
RETURNING hash, list_id, xmax = 0 AS is_new
