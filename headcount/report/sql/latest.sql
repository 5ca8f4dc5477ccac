-- The latest build of each version in the window, whatever its outcome; the failing ones first.
SELECT
    coalesce(latest.project_slug, latest.project_id) AS project,
    coalesce(latest.version_slug, latest.version_id) AS version,
    latest.build_id, latest.started_at, latest.length_seconds, latest.status, latest.success,
    latest.failure_stage, latest.failure_error, latest.doctool_name AS tool, latest.doctool_version AS tool_version,
    latest.python_version AS python, good.started_at AS last_success_at
FROM headcount.latest_builds AS latest
LEFT JOIN headcount.latest_successful_builds AS good USING (project_id, version_id)
WHERE latest.started_at > %(since)s AND latest.started_at <= %(until)s
    AND NOT (%(public)s AND latest.project_private)
    AND (%(project)s::text IS NULL OR %(project)s IN (latest.project_id, latest.project_slug))
ORDER BY latest.success NULLS FIRST, latest.started_at DESC, latest.project_id, latest.version_id
LIMIT %(builds)s
