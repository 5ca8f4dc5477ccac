INSERT INTO headcount_store.collector_health_daily AS kept
    (day, collector, doctool, image_os, status, builds, known, expected, expected_known)
SELECT day, collector, doctool, image_os, status, builds, known, expected, expected_known
FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS given (day, collector, doctool, image_os, status, builds, known, expected, expected_known)
ORDER BY day, collector, doctool, image_os, status
ON CONFLICT (day, collector, doctool, image_os, status) DO UPDATE SET
    builds = kept.builds + excluded.builds,
    known = kept.known + excluded.known,
    expected = kept.expected + excluded.expected,
    expected_known = kept.expected_known + excluded.expected_known
