-- Completeness (builds.md M2 to M4): what was known of what was expected, by day of receipt; added up with the facts.

CREATE TABLE headcount_store.collector_health_daily (
    day date NOT NULL,
    collector text COLLATE "C" NOT NULL,
    doctool text COLLATE "C",
    image_os text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    builds bigint NOT NULL,
    known bigint NOT NULL,
    expected bigint NOT NULL,
    expected_known bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (day, collector, doctool, image_os, status)
    -- A day's rows grow with each transaction, so pages have room for their next versions.
) WITH (fillfactor = 50);
COMMENT ON TABLE headcount_store.collector_health_daily IS 'How collectors fared, by day of receipt: events are counted once, when they come, whatever becomes of their rows. Kept for 400 days. [keep]';
COMMENT ON COLUMN headcount_store.collector_health_daily.day IS 'The day on which Kafka received the events, UTC. [keep]';
COMMENT ON COLUMN headcount_store.collector_health_daily.collector IS 'The collector, of a closed set. [keep]';
COMMENT ON COLUMN headcount_store.collector_health_daily.doctool IS 'sphinx, mkdocs, generic or (other); null: not known. [scrub]';
COMMENT ON COLUMN headcount_store.collector_health_daily.image_os IS 'The configuration''s build.os; null: not known. A name of an image has no closed set. [scrub]';
COMMENT ON COLUMN headcount_store.collector_health_daily.status IS 'ok, empty, missing, error, timeout or (other). [scrub]';
COMMENT ON COLUMN headcount_store.collector_health_daily.builds IS 'Events of finished builds. [keep]';
COMMENT ON COLUMN headcount_store.collector_health_daily.known IS 'Of these, those with knowledge: ok or empty, and not cut (T3). [keep]';
COMMENT ON COLUMN headcount_store.collector_health_daily.expected IS 'Of these, those of which the datum was expected (M2). [keep]';
COMMENT ON COLUMN headcount_store.collector_health_daily.expected_known IS 'Of those expected, those with knowledge. [keep]';

CREATE TABLE headcount_store.completeness_daily (
    day date NOT NULL,
    measure text COLLATE "C" NOT NULL CHECK (measure IN ('filled', 'private', 'other', 'unparsed', 'dropped_keys')),
    name text COLLATE "C" NOT NULL,
    part bigint NOT NULL,
    whole bigint NOT NULL,
    PRIMARY KEY (day, measure, name)
) WITH (fillfactor = 50);
COMMENT ON TABLE headcount_store.completeness_daily IS 'Filled fields, and what is hidden or lost on the way, by day of receipt. Kept for 400 days. [keep]';
COMMENT ON COLUMN headcount_store.completeness_daily.day IS 'The day on which Kafka received the events, UTC. [keep]';
COMMENT ON COLUMN headcount_store.completeness_daily.measure IS 'filled (of a field), private and other (values that became that), unparsed (lines), dropped_keys. [keep]';
COMMENT ON COLUMN headcount_store.completeness_daily.name IS 'The field or the collector, of a closed set. [keep]';
COMMENT ON COLUMN headcount_store.completeness_daily.part IS 'filled: events with a value where one was expected; else how many values, rows, lines or keys. [keep]';
COMMENT ON COLUMN headcount_store.completeness_daily.whole IS 'filled: events in which a value was expected; else of how many values, rows or lines; dropped_keys: beside how many rows. [keep]';

CREATE TABLE headcount_store.completeness_hours (
    hour timestamptz NOT NULL,
    measure text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    part bigint NOT NULL,
    whole bigint NOT NULL,
    PRIMARY KEY (hour, measure, name)
) WITH (fillfactor = 50);
COMMENT ON TABLE headcount_store.completeness_hours IS 'The same by hour, for alerts that look back 24 hours; known: of a collector. Kept for 3 days. [keep]';
COMMENT ON COLUMN headcount_store.completeness_hours.hour IS 'The hour in which Kafka received the events. [keep]';
COMMENT ON COLUMN headcount_store.completeness_hours.measure IS 'known (of a collector, where expected), and those of completeness_daily. [keep]';
COMMENT ON COLUMN headcount_store.completeness_hours.name IS 'The field or the collector, of a closed set. [keep]';
COMMENT ON COLUMN headcount_store.completeness_hours.part IS 'As in completeness_daily. [keep]';
COMMENT ON COLUMN headcount_store.completeness_hours.whole IS 'As in completeness_daily. [keep]';

-- What is there already. Its rows do not say whether conda was expected of a build that conda was not asked in.
INSERT INTO headcount_store.collector_health_daily
SELECT day, collector, doctool, image_os, status, count(*),
    count(*) FILTER (WHERE known), count(*) FILTER (WHERE expected), count(*) FILTER (WHERE expected AND known)
FROM (
    SELECT (kept.received_at AT TIME ZONE 'UTC')::date AS day, result.collector, kept.doctool_name AS doctool, kept.image_os,
        result.status, result.status IN ('ok', 'empty') AND NOT result.truncated AS known,
        CASE result.collector
            WHEN 'config_user' THEN result.status NOT IN ('empty', 'missing')
            WHEN 'pip_root' THEN kept.pip_all_hash IS NOT NULL
            WHEN 'conda_all' THEN result.status IN ('ok', 'timeout') OR (result.status = 'error' AND result.error IS DISTINCT FROM 'container_gone')
            WHEN 'pip_declared' THEN reached.yes AND kept.config_final_hash IS NOT NULL
            WHEN 'apt_declared' THEN reached.yes AND kept.config_final_hash IS NOT NULL
            WHEN 'apt_all' THEN reached.yes AND coalesce(kept.os_id, 'debian') IN ('debian', 'ubuntu', 'linuxmint', 'raspbian', 'kali')
            ELSE reached.yes
        END AS expected
    FROM headcount_store.builds AS kept
    CROSS JOIN LATERAL (
        SELECT kept.status = 'normal' AND coalesce(kept.failure_stage, '') NOT IN ('clone', 'config', 'environment') AS yes
    ) AS reached
    CROSS JOIN LATERAL unnest(kept.collector_names, kept.collector_statuses, kept.collector_errors, kept.collector_truncated)
        AS result (collector, status, error, truncated)
) AS fared
GROUP BY day, collector, doctool, image_os, status;

GRANT SELECT, INSERT, UPDATE, DELETE
    ON headcount_store.collector_health_daily, headcount_store.completeness_daily, headcount_store.completeness_hours
    TO headcount_sink;
