-- What the weekly series need, for three years: a project's values of a week, each once, however often it built with them (S5).

CREATE TABLE headcount_store.project_weeks (
    kind text COLLATE "C" NOT NULL,
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    project_id text COLLATE "C" NOT NULL,
    list_id bigint,
    value text COLLATE "C",
    detail text COLLATE "C",
    CONSTRAINT project_weeks_once UNIQUE NULLS NOT DISTINCT (kind, week, project_id, list_id, value, detail)
);
CREATE INDEX project_weeks_list ON headcount_store.project_weeks (list_id) WHERE list_id IS NOT NULL;
COMMENT ON TABLE headcount_store.project_weeks IS 'What each project built with in each week, by its successful builds without pull requests: a set, so that a replay changes nothing (S5). [keep]';
COMMENT ON COLUMN headcount_store.project_weeks.kind IS 'active (the project had such a build), python, os, build_os, image, theme, doctool; pip, conda, apt: a list; known: that the kind of list in value was known. [keep]';
COMMENT ON COLUMN headcount_store.project_weeks.week IS 'The Monday of the week in which the builds started, UTC. [keep]';
COMMENT ON COLUMN headcount_store.project_weeks.project_id IS 'The project. [scrub]';
COMMENT ON COLUMN headcount_store.project_weeks.list_id IS 'pip, conda, apt: the package list, which is kept as long as a week has it. [keep]';
COMMENT ON COLUMN headcount_store.project_weeks.value IS 'The value, where it is no list: the implementation of Python, the system''s ID, … [scrub]';
COMMENT ON COLUMN headcount_store.project_weeks.detail IS 'Its version, where it has one: of Python the minor, of the tool the major. [scrub]';

-- The builds that are there. Versions are cut as sinks/builds/weeks.py does it.
INSERT INTO headcount_store.project_weeks (kind, week, project_id, list_id, value, detail)
SELECT DISTINCT given.kind, date_trunc('week', builds.started_at, 'UTC')::date, builds.project_id, lists.list_id, given.value,
    array_to_string((string_to_array(substring(given.version FROM '^(?:[0-9]+[:!])?([0-9]+(?:\.[0-9]+)*)'), '.'))[1:given.numbers], '.')
FROM headcount_store.builds
CROSS JOIN LATERAL (
    VALUES
        ('active', NULL::bytea, NULL, NULL, 0),
        ('python', NULL, builds.python_implementation, builds.python_version, 2),
        ('os', NULL, coalesce(builds.os_id, builds.os_name), builds.os_version, 2),
        ('build_os', NULL, builds.image_os, NULL, 0),
        ('image', NULL, builds.image_name, NULL, 0),
        ('theme', NULL, builds.doctool_html_theme, NULL, 0),
        ('doctool', NULL, builds.doctool_name, builds.doctool_version, 1),
        ('pip', builds.pip_all_hash, NULL, NULL, 0),
        ('conda', builds.conda_all_hash, NULL, NULL, 0),
        ('apt', builds.apt_all_hash, NULL, NULL, 0),
        ('known', NULL, CASE WHEN builds.pip_all_hash IS NOT NULL THEN 'pip' END, NULL, 0),
        ('known', NULL, CASE WHEN builds.conda_all_hash IS NOT NULL THEN 'conda' END, NULL, 0),
        ('known', NULL, CASE WHEN builds.apt_all_hash IS NOT NULL THEN 'apt' END, NULL, 0)
) AS given (kind, hash, value, version, numbers)
LEFT JOIN headcount_store.package_lists AS lists ON lists.hash = given.hash
WHERE builds.success AND builds.version_kind IS DISTINCT FROM 'external'
    AND (given.kind = 'active' OR given.hash IS NOT NULL OR given.value IS NOT NULL OR given.version IS NOT NULL)
ON CONFLICT DO NOTHING;

GRANT SELECT, INSERT, UPDATE, DELETE ON headcount_store.project_weeks TO headcount_sink;

-- Retention. The sink's role owns no table, so it drops a month here; why not CONCURRENTLY: docs/decisions. The caller sets a
-- lock_timeout. Writers of that month wait from the counting on, so what is counted is what goes.
CREATE FUNCTION headcount_store.drop_builds_month(month date, "before" timestamptz, at_most bigint) RETURNS bigint
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
COMMENT ON FUNCTION headcount_store.drop_builds_month(date, timestamptz, bigint) IS 'Drop the partition of builds for a month that is wholly before a time; gives how many rows it had, null where they were more than allowed and it stays.';
REVOKE ALL ON FUNCTION headcount_store.drop_builds_month(date, timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headcount_store.drop_builds_month(date, timestamptz, bigint) TO headcount_sink;

-- Which months there are; pg_inherits says it to everybody, but only by names.
CREATE FUNCTION headcount_store.builds_months() RETURNS SETOF date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM')
    FROM pg_inherits WHERE inhparent = 'headcount_store.builds'::regclass
    ORDER BY 1
$$;
COMMENT ON FUNCTION headcount_store.builds_months() IS 'The months that have a partition of builds.';
REVOKE ALL ON FUNCTION headcount_store.builds_months() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headcount_store.builds_months() TO headcount_sink;
