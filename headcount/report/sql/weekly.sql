-- Projects by value in each whole week of half a year: a week that is still running would look like a fall.
SELECT * FROM headcount.reported_weekly("window" => interval '182 days', as_of => %(until)s)
WHERE week <= %(until)s::date - 7
