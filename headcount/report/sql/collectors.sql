-- Of how many builds each datum is known. Builds of all projects, so not for others, and not for a report on one project.
SELECT collector, sum(builds)::bigint AS builds, sum(known)::bigint AS known
FROM headcount.completeness("window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s)
WHERE NOT %(public)s AND %(project)s::text IS NULL
GROUP BY collector
ORDER BY sum(known) / sum(builds), collector
