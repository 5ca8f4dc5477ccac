-- A former owner that was stopped (SIGSTOP, a hung machine) inside a transaction would hold the position for ever.
SELECT pg_terminate_backend(session.pid)
FROM headcount_store.positions AS kept
JOIN pg_stat_activity AS session ON session.pid = kept.backend_pid
WHERE kept.topic = %s AND kept.partition = %s
    AND session.application_name = %s AND session.usename = current_user AND session.pid <> pg_backend_pid()
