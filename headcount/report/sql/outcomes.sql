-- How many versions were built in the window, and how many of their latest builds failed.
SELECT
    count(DISTINCT project_id) AS projects,
    count(*) AS versions,
    count(*) FILTER (WHERE NOT success) AS failing_versions,
    count(DISTINCT project_id) FILTER (WHERE NOT success) AS failing_projects
FROM headcount.latest_builds
WHERE started_at > %(since)s AND started_at <= %(until)s
    AND NOT (%(public)s AND project_private)
    AND (%(project)s::text IS NULL OR %(project)s IN (project_id, project_slug))
