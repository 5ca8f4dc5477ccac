DELETE FROM headcount_store.project_weeks WHERE project_id = %(project)s
