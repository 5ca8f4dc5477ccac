SELECT pg_advisory_xact_lock(hashtext('headcount latest rows'))
