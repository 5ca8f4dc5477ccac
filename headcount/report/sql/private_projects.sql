-- How many active projects are left out, as they are private.
SELECT projects FROM headcount.private_projects(
    "window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s
)
