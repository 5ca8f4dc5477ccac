CREATE FUNCTION headcount.completeness("window" interval DEFAULT '28 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (
    day date, collector text, doctool text, image text, builds bigint, known bigint, expected bigint, expected_known bigint,
    share double precision
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT kept.day, kept.collector, kept.doctool, kept.image_os, sum(kept.builds)::bigint, sum(kept.known)::bigint,
        sum(kept.expected)::bigint, sum(kept.expected_known)::bigint,
        round(sum(kept.expected_known) / nullif(sum(kept.expected), 0), 4)::double precision
    FROM headcount_store.collector_health_daily AS kept
    WHERE kept.day >= ((as_of - "window") AT TIME ZONE 'UTC')::date AND kept.day < as_of AT TIME ZONE 'UTC'
    GROUP BY kept.day, kept.collector, kept.doctool, kept.image_os
    ORDER BY kept.day DESC, 9, kept.collector, kept.doctool, kept.image_os
$$;
COMMENT ON FUNCTION headcount.completeness(interval, timestamptz) IS 'What share of the knowledge that we expect of builds do we have?';
CREATE VIEW headcount.completeness AS SELECT * FROM headcount.completeness();
COMMENT ON VIEW headcount.completeness IS 'What share of the knowledge that we expect of builds do we have, by day, collector, documentation tool and image, in the last 28 days?';
COMMENT ON COLUMN headcount.completeness.day IS 'The day on which the events were received, UTC.';
COMMENT ON COLUMN headcount.completeness.collector IS 'The collector.';
COMMENT ON COLUMN headcount.completeness.doctool IS 'The documentation tool; null: not known.';
COMMENT ON COLUMN headcount.completeness.image IS 'The build image, by the configuration''s build.os; null: not known.';
COMMENT ON COLUMN headcount.completeness.builds IS 'How many builds.';
COMMENT ON COLUMN headcount.completeness.known IS 'Of how many the datum is known: ok or empty, and not cut.';
COMMENT ON COLUMN headcount.completeness.expected IS 'Of how many it was expected: conda in conda environments, pip_root where pip_all is ok, nothing of a container that never was, …';
COMMENT ON COLUMN headcount.completeness.expected_known IS 'Of those, how many are known.';
COMMENT ON COLUMN headcount.completeness.share IS 'expected_known of expected; null: it was expected of none.';

CREATE FUNCTION headcount.field_completeness("window" interval DEFAULT '28 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (day date, field text, expected bigint, filled bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT kept.day, kept.name, kept.whole, kept.part, round(kept.part::numeric / nullif(kept.whole, 0), 4)::double precision
    FROM headcount_store.completeness_daily AS kept
    WHERE kept.measure = 'filled'
        AND kept.day >= ((as_of - "window") AT TIME ZONE 'UTC')::date AND kept.day < as_of AT TIME ZONE 'UTC'
    ORDER BY kept.day DESC, 5, kept.name
$$;
COMMENT ON FUNCTION headcount.field_completeness(interval, timestamptz) IS 'In what share of the builds that should have a value does each field have one?';
CREATE VIEW headcount.field_completeness AS SELECT * FROM headcount.field_completeness();
COMMENT ON VIEW headcount.field_completeness IS 'In what share of the builds that should have a value does each field have one, by day, in the last 28 days?';
COMMENT ON COLUMN headcount.field_completeness.day IS 'The day on which the events were received, UTC.';
COMMENT ON COLUMN headcount.field_completeness.field IS 'The field of the event.';
COMMENT ON COLUMN headcount.field_completeness.expected IS 'In how many builds it was expected; what a host may leave out is expected where it is there.';
COMMENT ON COLUMN headcount.field_completeness.filled IS 'Of those, how many have a value.';
COMMENT ON COLUMN headcount.field_completeness.share IS 'filled of expected.';

CREATE FUNCTION headcount.hidden_values("window" interval DEFAULT '28 days', as_of timestamptz DEFAULT now())
RETURNS TABLE (day date, measure text, name text, hidden bigint, total bigint, share double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT kept.day, kept.measure, kept.name, kept.part, kept.whole,
        round(kept.part::numeric / nullif(kept.whole, 0), 4)::double precision
    FROM headcount_store.completeness_daily AS kept
    WHERE kept.measure <> 'filled'
        AND kept.day >= ((as_of - "window") AT TIME ZONE 'UTC')::date AND kept.day < as_of AT TIME ZONE 'UTC'
    ORDER BY kept.day DESC, 6 DESC NULLS LAST, kept.measure, kept.name
$$;
COMMENT ON FUNCTION headcount.hidden_values(interval, timestamptz) IS 'How much of what builds told became (private) or (other), could not be read, or was dropped?';
CREATE VIEW headcount.hidden_values AS SELECT * FROM headcount.hidden_values();
COMMENT ON VIEW headcount.hidden_values IS 'How much of what builds told became (private) or (other), could not be read, or was dropped, by day, in the last 28 days?';
COMMENT ON COLUMN headcount.hidden_values.day IS 'The day on which the events were received, UTC.';
COMMENT ON COLUMN headcount.hidden_values.measure IS 'private, other (values that became that), unparsed (lines), dropped_keys.';
COMMENT ON COLUMN headcount.hidden_values.name IS 'The field, or the collector whose rows it concerns.';
COMMENT ON COLUMN headcount.hidden_values.hidden IS 'How many values, rows, lines or keys.';
COMMENT ON COLUMN headcount.hidden_values.total IS 'Of how many values, rows or lines; dropped_keys: beside how many rows.';
COMMENT ON COLUMN headcount.hidden_values.share IS 'hidden of total; of dropped keys: how many a row.';
