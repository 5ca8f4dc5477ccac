SELECT version_id FROM headcount_store.builds
WHERE project_id = %(project)s AND (version_id = %(given)s OR (version_id IS NOT NULL AND version_slug = %(given)s))
UNION
SELECT version_id FROM headcount_store.latest_builds
WHERE project_id = %(project)s AND (version_id = %(given)s OR version_slug = %(given)s)
