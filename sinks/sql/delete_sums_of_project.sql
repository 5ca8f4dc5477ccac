DELETE FROM headcount_store.project_days WHERE project_id = %(project)s AND %(versions)s::text[] IS NULL
