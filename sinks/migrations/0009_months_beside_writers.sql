-- Months come and go while several sinks write. Both functions are as before but for what stands in their comments.

CREATE OR REPLACE FUNCTION headcount_store.ensure_builds_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_day timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
    next_day timestamptz := (date_trunc('month', month) + interval '1 month')::timestamp AT TIME ZONE 'UTC';
    name text := 'builds_' || to_char(month, 'YYYY_MM');
BEGIN
    IF to_regclass(format('headcount_store.%I', name)) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('headcount builds month'));
    -- A query: to_regclass would remember what it did not find before it waited for the lock.
    IF EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace = 'headcount_store'::regnamespace) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE headcount_store.%I (LIKE headcount_store.builds INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)', name);
    EXECUTE format('COMMENT ON TABLE headcount_store.%I IS %L', name, 'Builds of one month. [keep]');
    EXECUTE format('ALTER TABLE headcount_store.builds ATTACH PARTITION headcount_store.%I FOR VALUES FROM (%L) TO (%L)', name, first_day, next_day);
END
$$;

CREATE OR REPLACE FUNCTION headcount_store.drop_builds_month(month date, "before" timestamptz, at_most bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    next_month timestamptz := (date_trunc('month', month) + interval '1 month')::timestamp AT TIME ZONE 'UTC';
    name text := 'builds_' || to_char(month, 'YYYY_MM');
    has bigint;
BEGIN
    IF next_month > "before" THEN
        RAISE EXCEPTION '% is not wholly before %', name, "before";
    END IF;
    IF to_regclass(format('headcount_store.%I', name)) IS NULL THEN
        RETURN 0;
    END IF;
    -- All writers, before the month: one that had the whole and waited for the month, while we have the month and wait for the
    -- whole, would be a deadlock. Readers go on until the month is taken out.
    LOCK TABLE ONLY headcount_store.builds IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('LOCK TABLE headcount_store.%I IN SHARE MODE', name);
    EXECUTE format('SELECT count(*) FROM headcount_store.%I', name) INTO has;
    IF has > at_most THEN
        RETURN NULL;
    END IF;
    EXECUTE format('ALTER TABLE headcount_store.builds DETACH PARTITION headcount_store.%I', name);
    EXECUTE format('DROP TABLE headcount_store.%I', name);
    RETURN has;
END
$$;
