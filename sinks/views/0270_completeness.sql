CREATE FUNCTION headcount.completeness("window" interval DEFAULT '28 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (day date, collector text, doctool text, image text, builds bigint, known bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT given.started_at::date, result.name, given.doctool_name, given.image_name, count(*),
        count(*) FILTER (WHERE result.status IN ('ok', 'empty') AND NOT result.truncated),
        round(count(*) FILTER (WHERE result.status IN ('ok', 'empty') AND NOT result.truncated)::numeric / count(*), 4)::double precision
    FROM headcount_store.builds AS given
    CROSS JOIN LATERAL unnest(given.collector_names, given.collector_statuses, given.collector_truncated) AS result (name, status, truncated)
    WHERE given.started_at > as_of - "window" AND given.started_at <= as_of
    GROUP BY 1, 2, 3, 4
    ORDER BY 1 DESC, 7, 2
$$;
COMMENT ON FUNCTION headcount.completeness(interval, timestamptz) IS 'What share of builds do we know each datum of?';
CREATE VIEW headcount.completeness AS SELECT * FROM headcount.completeness();
COMMENT ON VIEW headcount.completeness IS 'What share of builds do we know each datum of, by day, collector, documentation tool and image, in the last 28 days?';
COMMENT ON COLUMN headcount.completeness.day IS 'The day on which builds started, UTC.';
COMMENT ON COLUMN headcount.completeness.collector IS 'The collector.';
COMMENT ON COLUMN headcount.completeness.doctool IS 'The documentation tool; null: not known.';
COMMENT ON COLUMN headcount.completeness.image IS 'The build image; null: not known.';
COMMENT ON COLUMN headcount.completeness.builds IS 'How many builds.';
COMMENT ON COLUMN headcount.completeness.known IS 'Of how many the datum is known: ok or empty, and not cut.';
COMMENT ON COLUMN headcount.completeness.share IS 'known of builds.';
