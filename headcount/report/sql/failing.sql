-- Projects of which every build in the window failed, or every one of the last 25.
SELECT * FROM headcount.reported_failing(
    "window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s, project => %(project)s
)
