-- The latest build of each version in the window, whatever its outcome; the failing ones first.
SELECT * FROM headcount.reported_latest(
    "window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s, project => %(project)s
)
