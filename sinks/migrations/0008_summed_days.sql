-- What makes the views of builds fast. Each day that is over is summed once, by the sink's process (sinks/sums.py); views add
-- the sums of such days to the rows of all others. A change to a summed day takes its sums back, so answers stay exact.

CREATE TABLE headcount_store.summed_days (
    day date PRIMARY KEY,
    summed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE headcount_store.summed_days IS 'Days of builds that project_days and step_days have. [keep]';
COMMENT ON COLUMN headcount_store.summed_days.day IS 'The day on which the builds started, UTC. [keep]';
COMMENT ON COLUMN headcount_store.summed_days.summed_at IS 'When they were summed. [keep]';

CREATE TABLE headcount_store.project_days (
    day date NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    project_slug text COLLATE "C",
    attempts bigint NOT NULL,
    successes bigint NOT NULL,
    seconds numeric,
    PRIMARY KEY (day, project_id) INCLUDE (successes)
);
COMMENT ON TABLE headcount_store.project_days IS 'Builds of a project on a day; goes with the builds. [keep]';
COMMENT ON COLUMN headcount_store.project_days.day IS 'The day on which they started, UTC. [keep]';
COMMENT ON COLUMN headcount_store.project_days.project_id IS 'The project. [scrub]';
COMMENT ON COLUMN headcount_store.project_days.project_slug IS 'Its short name. [scrub]';
COMMENT ON COLUMN headcount_store.project_days.attempts IS 'How many attempts. [keep]';
COMMENT ON COLUMN headcount_store.project_days.successes IS 'How many of them succeeded. [keep]';
COMMENT ON COLUMN headcount_store.project_days.seconds IS 'How long they took together; null: not known. [keep]';

CREATE TABLE headcount_store.step_days (
    day date NOT NULL,
    step text COLLATE "C" NOT NULL,
    bin integer NOT NULL,
    times bigint NOT NULL,
    seconds double precision NOT NULL,
    PRIMARY KEY (day, step, bin)
);
COMMENT ON TABLE headcount_store.step_days IS 'How long steps took on a day, in bins of 1 %; goes with the builds. [keep]';
COMMENT ON COLUMN headcount_store.step_days.day IS 'The day on which the builds started, UTC. [keep]';
COMMENT ON COLUMN headcount_store.step_days.step IS 'The step. [scrub]';
COMMENT ON COLUMN headcount_store.step_days.bin IS 'Its seconds as a power of 1.01. [keep]';
COMMENT ON COLUMN headcount_store.step_days.times IS 'How many fell into it. [keep]';
COMMENT ON COLUMN headcount_store.step_days.seconds IS 'Their sum. [keep]';

-- Here, as what is stored depends on it.
CREATE FUNCTION headcount_store.step_bin(seconds double precision) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    -- What has no logarithm, or is beyond all steps (NaN is above every number), has a bin of its own.
    SELECT CASE WHEN seconds < 0.001 THEN -1000000 WHEN seconds <= 1e9 THEN floor(ln(seconds) / ln(1.01::double precision))::integer ELSE 1000000 END
$$;
COMMENT ON FUNCTION headcount_store.step_bin(double precision) IS 'The bin of a step''s seconds: a power of 1.01.';
GRANT EXECUTE ON FUNCTION headcount_store.step_bin(double precision) TO headcount_sink;

CREATE TABLE headcount_store.build_reruns (
    project_id text COLLATE "C" NOT NULL,
    build_id text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    attempt integer NOT NULL,
    success boolean NOT NULL,
    PRIMARY KEY (project_id, build_id, started_at, attempt)
);
COMMENT ON TABLE headcount_store.build_reruns IS 'All attempts of the builds that have more than one: sums count attempts, people count builds (L6). [keep]';
COMMENT ON COLUMN headcount_store.build_reruns.project_id IS 'The project. [scrub]';
COMMENT ON COLUMN headcount_store.build_reruns.build_id IS 'The host''s build id. [scrub]';
COMMENT ON COLUMN headcount_store.build_reruns.started_at IS 'When the attempt started. [keep]';
COMMENT ON COLUMN headcount_store.build_reruns.attempt IS 'Counts the attempts of one build id, from 1. [keep]';
COMMENT ON COLUMN headcount_store.build_reruns.success IS 'Whether it succeeded. [keep]';

-- One index for "active", for the last builds of a project, and for counting; it has all that these ask for.
CREATE INDEX builds_of_project ON headcount_store.builds (project_id, started_at) INCLUDE (success, build_id, attempt);
DROP INDEX headcount_store.builds_successes;

-- The rows that counts are made of: few among those of pull requests, and of any outcome.
CREATE INDEX latest_builds_counted ON headcount_store.latest_builds (project_id, version_id)
    INCLUDE (started_at, version_slug, version_default) WHERE successful AND version_kind IS DISTINCT FROM 'external';
CREATE INDEX latest_builds_successes ON headcount_store.latest_builds (started_at) INCLUDE (project_id) WHERE successful;

-- Who changes builds of a day holds its lock shared, and who sums the day holds it alone. Days share 64 locks, so that builds
-- of ten years in one batch do not fill Postgres' table of locks.
CREATE FUNCTION headcount_store.lock_day(day date, alone boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(1752376692, abs(day - date '2000-01-01') % 64);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(1752376692, abs(day - date '2000-01-01') % 64);
    END IF;
END
$$;
COMMENT ON FUNCTION headcount_store.lock_day(date, boolean) IS 'Keep changes to a day''s builds and its summing apart, until the transaction ends.';

CREATE FUNCTION headcount_store.builds_were_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
-- By the primary key, one look a build and month: not all builds of its project, by the index that has everything.
SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off SET enable_indexonlyscan = off AS $$
DECLARE
    touched date[] := (SELECT array_agg(DISTINCT (started_at AT TIME ZONE 'UTC')::date) FROM added);
    one date;
BEGIN
    FOREACH one IN ARRAY coalesce(touched, '{}') LOOP
        PERFORM headcount_store.lock_day(one, alone => false);
    END LOOP;
    DELETE FROM headcount_store.summed_days WHERE day = ANY (touched);
    INSERT INTO headcount_store.build_reruns (project_id, build_id, started_at, attempt, success)
    SELECT kept.project_id, kept.build_id, kept.started_at, kept.attempt, kept.success
    FROM (
        SELECT DISTINCT added.project_id, added.build_id FROM added
        WHERE EXISTS (
            SELECT FROM headcount_store.builds AS other
            WHERE other.project_id = added.project_id AND other.build_id = added.build_id
                AND (other.attempt, other.started_at) <> (added.attempt, added.started_at)
        )
    ) AS again
    JOIN headcount_store.builds AS kept ON kept.project_id = again.project_id AND kept.build_id = again.build_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION headcount_store.builds_were_added() IS 'Takes back the sums of the days that builds were added to, and notes builds with several attempts.';
CREATE TRIGGER builds_were_added AFTER INSERT ON headcount_store.builds REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION headcount_store.builds_were_added();

CREATE FUNCTION headcount_store.build_was_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed date := (old.started_at AT TIME ZONE 'UTC')::date;
BEGIN
    PERFORM headcount_store.lock_day(changed, alone => false);
    DELETE FROM headcount_store.summed_days WHERE day = changed;
    IF tg_op = 'DELETE' THEN
        -- Nothing of a project that is deleted stays, not even until the day is summed again.
        DELETE FROM headcount_store.project_days WHERE day = changed AND project_id = old.project_id;
        DELETE FROM headcount_store.build_reruns AS kept
        WHERE kept.project_id = old.project_id AND kept.build_id = old.build_id
            AND kept.started_at = old.started_at AND kept.attempt = old.attempt;
    ELSE
        UPDATE headcount_store.build_reruns AS kept SET success = new.success
        WHERE kept.project_id = old.project_id AND kept.build_id = old.build_id
            AND kept.started_at = old.started_at AND kept.attempt = old.attempt AND kept.success <> new.success;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION headcount_store.build_was_changed() IS 'Takes back the sums of the day of a build that was replaced or removed.';
-- By row, so that months, which come and go, have it too.
CREATE TRIGGER build_was_changed AFTER UPDATE OR DELETE ON headcount_store.builds
    FOR EACH ROW EXECUTE FUNCTION headcount_store.build_was_changed();
REVOKE ALL ON FUNCTION headcount_store.lock_day(date, boolean), headcount_store.builds_were_added(), headcount_store.build_was_changed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headcount_store.lock_day(date, boolean) TO headcount_sink;

-- The builds that are there.
INSERT INTO headcount_store.build_reruns (project_id, build_id, started_at, attempt, success)
SELECT builds.project_id, builds.build_id, builds.started_at, builds.attempt, builds.success
FROM headcount_store.builds
JOIN (
    SELECT project_id, build_id FROM headcount_store.builds GROUP BY project_id, build_id HAVING count(*) > 1
) AS again USING (project_id, build_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON headcount_store.summed_days, headcount_store.project_days, headcount_store.step_days,
    headcount_store.build_reruns TO headcount_sink;
