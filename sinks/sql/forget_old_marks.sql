DELETE FROM headcount_store.retirements WHERE received_at < %s
