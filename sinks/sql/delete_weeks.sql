DELETE FROM headcount_store.project_weeks WHERE kind = ANY (%s) AND week = %s
