-- The packages of most projects by series, and those that every report has, with the projects of each.
SELECT * FROM headcount.reported_packages(
    "window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s, project => %(project)s,
    most => %(packages)s, also => %(always)s
)
