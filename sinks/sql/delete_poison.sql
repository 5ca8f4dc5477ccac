-- By their place: in the transaction that found them, nothing moves them.
DELETE FROM headcount_store.poison_rows WHERE ctid = ANY (%s::text[]::tid[])
