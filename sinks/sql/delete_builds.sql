DELETE FROM headcount_store.builds WHERE started_at >= %s AND started_at < %s
