-- Projects by package and series. The null series counts the projects of a package over all of its series.
WITH active AS (
    SELECT project_id
    FROM headcount.active_projects("window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s)
    WHERE NOT (%(public)s AND project_private) AND (%(project)s::text IS NULL OR %(project)s IN (project_id, project_slug))
), listed AS (
    SELECT DISTINCT project_id, name, substring(version FROM '^(?:[0-9]+!)?([0-9]+)')::numeric AS series
    FROM headcount.latest_successful_packages
    JOIN active USING (project_id)
    WHERE ecosystem = 'pip' AND scope = 'all' AND version_kind IS DISTINCT FROM 'external'
        AND known_at > %(since)s AND known_at <= %(until)s
), popular AS (
    SELECT name, count(DISTINCT project_id) AS projects, count(DISTINCT series) AS variety
    FROM listed
    GROUP BY name
    ORDER BY projects DESC, variety DESC, name
    LIMIT %(packages)s
)
SELECT popular.name, popular.projects AS total, listed.series::text AS series, count(*) AS projects
FROM popular
JOIN listed USING (name)
GROUP BY popular.name, popular.projects, popular.variety, listed.series
ORDER BY popular.projects DESC, popular.variety DESC, popular.name, listed.series DESC NULLS LAST
