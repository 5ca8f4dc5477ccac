SELECT headcount_store.drop_builds_month(%s, %s, %s)
