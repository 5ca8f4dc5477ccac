-- One row a version that counts, each part null unless known within the window by its own time.
SELECT * FROM headcount.reported_versions(
    "window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s, project => %(project)s
)
