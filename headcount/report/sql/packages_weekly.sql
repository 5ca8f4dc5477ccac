-- The same of packages.
SELECT 'pip' AS kind, week, name AS value, NULL AS detail, projects, active
FROM headcount.reported_packages_weekly(%(names)s, "window" => interval '182 days', as_of => %(until)s)
WHERE week <= %(until)s::date - 7
