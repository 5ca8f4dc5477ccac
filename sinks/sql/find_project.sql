SELECT project_id FROM headcount_store.builds WHERE project_id = %(given)s OR project_slug = %(given)s
UNION
SELECT project_id FROM headcount_store.latest_builds WHERE project_id = %(given)s OR project_slug = %(given)s
UNION
(SELECT project_id FROM headcount_store.project_weeks WHERE project_id = %(given)s LIMIT 1)
