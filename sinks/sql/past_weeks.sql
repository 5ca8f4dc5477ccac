-- Every project that has a member of a week has `active`; along the key, from week to week.
WITH RECURSIVE weeks AS (
    (SELECT week FROM headcount_store.project_weeks WHERE kind = 'active' ORDER BY week LIMIT 1)
    UNION ALL
    SELECT (
        SELECT kept.week FROM headcount_store.project_weeks AS kept
        WHERE kept.kind = 'active' AND kept.week > weeks.week
        ORDER BY kept.week LIMIT 1
    )
    FROM weeks WHERE weeks.week IS NOT NULL
)
SELECT week FROM weeks WHERE week + 7 <= %s ORDER BY week
