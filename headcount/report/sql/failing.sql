-- Projects of which every build in the window failed, or every one of the last 25.
SELECT coalesce(project_slug, project_id) AS project, builds, stage, last_build_at
FROM headcount.failing_projects("window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s)
WHERE NOT %(public)s AND (%(project)s::text IS NULL OR %(project)s IN (project_id, project_slug))
ORDER BY builds DESC, project
LIMIT %(builds)s
