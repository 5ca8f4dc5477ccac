-- Views elsewhere that read ours: dropping ours would take them along, silently.
SELECT DISTINCT format('%I.%I', theirs.relnamespace::regnamespace::text, theirs.relname)
FROM pg_depend
JOIN pg_rewrite ON pg_rewrite.oid = pg_depend.objid AND pg_depend.classid = 'pg_rewrite'::regclass
JOIN pg_class AS theirs ON theirs.oid = pg_rewrite.ev_class
JOIN pg_class AS ours ON ours.oid = pg_depend.refobjid AND pg_depend.refclassid = 'pg_class'::regclass
WHERE ours.relnamespace = to_regnamespace('headcount')
    AND theirs.relnamespace <> ALL (ARRAY[to_regnamespace('headcount'), to_regnamespace('headcount_inner')]::oid[])
