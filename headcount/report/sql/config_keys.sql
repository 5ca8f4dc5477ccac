-- Keys that people wrote into their configuration, with the projects of each.
SELECT * FROM headcount.reported_config_keys(
    "window" => %(until)s::timestamptz - %(since)s::timestamptz, as_of => %(until)s, project => %(project)s
)
