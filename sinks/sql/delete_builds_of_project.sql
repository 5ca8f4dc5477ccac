DELETE FROM headcount_store.builds
WHERE project_id = %(project)s AND (%(versions)s::text[] IS NULL OR version_id = ANY (%(versions)s::text[]))
