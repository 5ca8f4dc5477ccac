-- The latest and the latest successful build of each version: facts of the newest, each part from the newest that knows it (L1–L3).

CREATE TABLE headcount_store.latest_builds (
    successful boolean NOT NULL,
    organization_id text COLLATE "C",
    organization_slug text COLLATE "C",
    project_id text COLLATE "C" NOT NULL,
    project_slug text COLLATE "C",
    project_private boolean NOT NULL,
    version_id text COLLATE "C" NOT NULL,
    version_slug text COLLATE "C",
    version_kind text COLLATE "C",
    version_default boolean NOT NULL,
    build_id text COLLATE "C" NOT NULL,
    attempt integer NOT NULL,
    started_at timestamptz NOT NULL,
    length_seconds bigint,
    status text COLLATE "C" NOT NULL,
    success boolean NOT NULL,
    "commit" text COLLATE "C",
    vcs text COLLATE "C",
    failure_stage text COLLATE "C",
    failure_error text COLLATE "C",
    flags text[] NOT NULL,
    image_os text COLLATE "C",
    image_name text COLLATE "C",
    image_digest text COLLATE "C",
    knowledge smallint NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (project_id, version_id, successful)
);
COMMENT ON TABLE headcount_store.latest_builds IS 'Two rows a version: of any outcome, and successful. [keep]';
COMMENT ON COLUMN headcount_store.latest_builds.successful IS 'Whether this is the row of successful builds only. [keep]';
COMMENT ON COLUMN headcount_store.latest_builds.knowledge IS 'How many collectors of the newest build know their datum; breaks ties. [keep]';
COMMENT ON COLUMN headcount_store.latest_builds.event_id IS 'The event of the newest build; breaks ties. [keep]';

DO $$
DECLARE
    fact text;
    part text;
    value text[];
    parts text[][] := ARRAY[
        -- part, value column, its type, its comment
        ['config_user', 'config_user_hash', 'bytea', 'The configuration as its author wrote it; null: no file. [keep]'],
        ['config_final', 'config_final_hash', 'bytea', 'The configuration with all defaults. [keep]'],
        ['pip_declared', 'pip_declared_hash', 'bytea', 'The Python packages that the project asks for. [keep]'],
        ['pip_root', 'pip_root_hash', 'bytea', 'The Python packages that are no other one''s dependency. [keep]'],
        ['pip_all', 'pip_all_hash', 'bytea', 'The installed Python packages. [keep]'],
        ['conda_all', 'conda_all_hash', 'bytea', 'The installed conda packages. [keep]'],
        ['apt_declared', 'apt_declared_hash', 'bytea', 'The system packages that the project asks for. [keep]'],
        ['apt_all', 'apt_all_hash', 'bytea', 'The installed system packages. [keep]'],
        ['python', 'python_version', 'text COLLATE "C"', 'The interpreter''s version. [scrub]'],
        ['', 'python_implementation', 'text COLLATE "C"', 'CPython, PyPy, … [scrub]'],
        ['', 'python_implementation_version', 'text COLLATE "C"', 'PyPy''s own version, for example. [scrub]'],
        ['os', 'os_name', 'text COLLATE "C"', 'The system as it describes itself. [scrub]'],
        ['', 'os_version', 'text COLLATE "C"', 'The first dotted number of the description. [scrub]'],
        ['', 'os_id', 'text COLLATE "C"', 'os-release''s ID. [scrub]'],
        ['doctool', 'doctool_name', 'text COLLATE "C"', 'sphinx, mkdocs, generic or (other). [scrub]'],
        ['', 'doctool_version', 'text COLLATE "C"', 'Its version. [coarsen]'],
        ['', 'doctool_extensions', 'text[]', 'Extension modules or plugins. [scrub]'],
        ['', 'doctool_html_theme', 'text COLLATE "C"', 'The HTML theme. [scrub]'],
        ['', 'doctool_source', 'text COLLATE "C"', 'report, static or (other). [scrub]']
    ];
BEGIN
    -- The facts mean what they mean in builds.
    FOR fact IN
        SELECT mine.attname FROM pg_attribute AS mine
        WHERE mine.attrelid = 'headcount_store.latest_builds'::regclass AND mine.attnum > 0
            AND mine.attname NOT IN ('successful', 'knowledge', 'event_id')
    LOOP
        EXECUTE format(
            'COMMENT ON COLUMN headcount_store.latest_builds.%I IS %L', fact,
            (SELECT col_description(attrelid, attnum) FROM pg_attribute
             WHERE attrelid = 'headcount_store.builds'::regclass AND attname = fact)
        );
    END LOOP;
    -- Each part: its value, and the order of the build that knows it. All null: no build of this version knows it.
    FOREACH value SLICE 1 IN ARRAY parts LOOP
        EXECUTE format('ALTER TABLE headcount_store.latest_builds ADD COLUMN %I %s', value[2], value[3]);
        EXECUTE format('COMMENT ON COLUMN headcount_store.latest_builds.%I IS %L', value[2], value[4]);
    END LOOP;
    FOREACH value SLICE 1 IN ARRAY parts LOOP
        part := value[1];
        CONTINUE WHEN part = '';
        EXECUTE format(
            'ALTER TABLE headcount_store.latest_builds ADD COLUMN %I timestamptz, ADD COLUMN %I integer, '
            'ADD COLUMN %I text COLLATE "C", ADD COLUMN %I smallint, ADD COLUMN %I text COLLATE "C"',
            part || '_known_at', part || '_known_attempt', part || '_known_build_id', part || '_known_knowledge', part || '_known_event_id'
        );
        EXECUTE format('COMMENT ON COLUMN headcount_store.latest_builds.%I IS %L', part || '_known_at',
            'When the build that knows ' || part || ' started; null: none knows it. [keep]');
        EXECUTE format('COMMENT ON COLUMN headcount_store.latest_builds.%I IS %L', part || '_known_attempt', 'The attempt of that build. [keep]');
        EXECUTE format('COMMENT ON COLUMN headcount_store.latest_builds.%I IS %L', part || '_known_build_id', 'The id of that build. [scrub]');
        EXECUTE format('COMMENT ON COLUMN headcount_store.latest_builds.%I IS %L', part || '_known_knowledge', 'How many collectors of that build know their datum; breaks ties. [keep]');
        EXECUTE format('COMMENT ON COLUMN headcount_store.latest_builds.%I IS %L', part || '_known_event_id', 'The event of that build; breaks ties. [keep]');
    END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA headcount_store TO headcount_sink;
