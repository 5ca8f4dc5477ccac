-- One row a version that counts: its latest successful build, each part null unless known within the window by its own time.
WITH active AS (
    SELECT project_id
    FROM headcount.active_projects("window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s)
    WHERE NOT (%(public)s AND project_private) AND (%(project)s::text IS NULL OR %(project)s IN (project_id, project_slug))
)
SELECT
    project_id,
    coalesce(project_slug, project_id) AS project,
    coalesce(version_slug, version_id) AS version,
    CASE WHEN python_known_at > %(since)s AND python_known_at <= %(until)s THEN python_implementation END AS implementation,
    CASE WHEN python_known_at > %(since)s AND python_known_at <= %(until)s THEN python_version END AS python,
    CASE WHEN os_known_at > %(since)s AND os_known_at <= %(until)s THEN os_id END AS os,
    CASE WHEN os_known_at > %(since)s AND os_known_at <= %(until)s THEN os_name END AS os_name,
    CASE WHEN os_known_at > %(since)s AND os_known_at <= %(until)s THEN os_version END AS os_version,
    CASE WHEN doctool_known_at > %(since)s AND doctool_known_at <= %(until)s THEN doctool_name END AS tool,
    CASE WHEN doctool_known_at > %(since)s AND doctool_known_at <= %(until)s THEN doctool_version END AS tool_version,
    CASE WHEN doctool_known_at > %(since)s AND doctool_known_at <= %(until)s THEN doctool_html_theme END AS theme,
    image_os,
    coalesce(pip_all_known_at > %(since)s AND pip_all_known_at <= %(until)s, false) AS has_packages
FROM headcount.latest_successful_builds
JOIN active USING (project_id)
WHERE version_kind IS DISTINCT FROM 'external'
ORDER BY project_id, version_id
