-- Of how many builds each datum is known, by day.
SELECT * FROM headcount.reported_collectors(
    "window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s, project => %(project)s
)
