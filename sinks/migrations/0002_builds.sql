-- Facts of builds: what is stored once per content first, then the slim rows that refer to it.

CREATE TABLE headcount_store.package_lists (
    list_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    hash bytea PRIMARY KEY,
    ecosystem text NOT NULL CHECK (ecosystem IN ('pip', 'conda', 'apt')),
    packages integer NOT NULL,
    last_seen_on date NOT NULL DEFAULT current_date
);
COMMENT ON TABLE headcount_store.package_lists IS 'Package lists, once per content (K1, S3). [keep]';
COMMENT ON COLUMN headcount_store.package_lists.list_id IS 'Short name of the hash, for its items. [keep]';
COMMENT ON COLUMN headcount_store.package_lists.hash IS 'BLAKE2b-256 of the ecosystem and its sorted, distinct rows. [keep]';
COMMENT ON COLUMN headcount_store.package_lists.ecosystem IS 'pip, conda or apt. [keep]';
COMMENT ON COLUMN headcount_store.package_lists.packages IS 'How many items it has. [keep]';
COMMENT ON COLUMN headcount_store.package_lists.last_seen_on IS 'The last day on which a build had it; what is seen today is never removed. [keep]';

CREATE TABLE headcount_store.package_list_items (
    list_id bigint NOT NULL,
    ordinal integer NOT NULL,
    ecosystem text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    canonical_name text COLLATE "C" NOT NULL,
    version text COLLATE "C",
    sort_key text COLLATE "C",
    channel text COLLATE "C",
    constraint_kind text COLLATE "C",
    specifier text COLLATE "C",
    extras text[],
    conditional boolean,
    PRIMARY KEY (list_id, ordinal)
);
CREATE INDEX package_list_items_name ON headcount_store.package_list_items (canonical_name);
COMMENT ON TABLE headcount_store.package_list_items IS 'The rows of the package lists. [keep]';
COMMENT ON COLUMN headcount_store.package_list_items.list_id IS 'The list. [keep]';
COMMENT ON COLUMN headcount_store.package_list_items.ordinal IS 'Its place in the sorted list, from 0. [keep]';
COMMENT ON COLUMN headcount_store.package_list_items.ecosystem IS 'pip, conda or apt. [keep]';
COMMENT ON COLUMN headcount_store.package_list_items.name IS 'The package as its ecosystem writes it. [scrub]';
COMMENT ON COLUMN headcount_store.package_list_items.canonical_name IS 'The name by PEP 503, in which pip and conda meet. [scrub]';
COMMENT ON COLUMN headcount_store.package_list_items.version IS 'Its version; null where none is known. [coarsen]';
COMMENT ON COLUMN headcount_store.package_list_items.sort_key IS 'Sorts bytewise as its ecosystem sorts versions (S4). [coarsen]';
COMMENT ON COLUMN headcount_store.package_list_items.channel IS 'conda: the channel. [scrub]';
COMMENT ON COLUMN headcount_store.package_list_items.constraint_kind IS 'Declared: pinned, prefix, range, none, url, vcs, path, invalid. [scrub]';
COMMENT ON COLUMN headcount_store.package_list_items.specifier IS 'Declared: the normalised specifier. [coarsen]';
COMMENT ON COLUMN headcount_store.package_list_items.extras IS 'Declared: extras. [scrub]';
COMMENT ON COLUMN headcount_store.package_list_items.conditional IS 'Declared: whether it has a marker. [keep]';

CREATE TABLE headcount_store.build_configs (
    hash bytea PRIMARY KEY,
    body jsonb NOT NULL,
    last_seen_on date NOT NULL DEFAULT current_date
);
COMMENT ON TABLE headcount_store.build_configs IS 'Build configurations, once per content (K1, K2). [keep]';
COMMENT ON COLUMN headcount_store.build_configs.hash IS 'BLAKE2b-256 of the scrubbed configuration as canonical JSON. [keep]';
COMMENT ON COLUMN headcount_store.build_configs.body IS 'The scrubbed configuration. [scrub]';
COMMENT ON COLUMN headcount_store.build_configs.last_seen_on IS 'The last day on which a build had it; what is seen today is never removed. [keep]';

CREATE TABLE headcount_store.builds (
    organization_id text COLLATE "C",
    organization_slug text COLLATE "C",
    project_id text COLLATE "C" NOT NULL,
    project_slug text COLLATE "C",
    project_private boolean NOT NULL,
    version_id text COLLATE "C",
    version_slug text COLLATE "C",
    version_kind text COLLATE "C",
    version_default boolean,
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
    config_user_hash bytea,
    config_final_hash bytea,
    pip_all_hash bytea,
    conda_all_hash bytea,
    apt_all_hash bytea,
    python_version text COLLATE "C",
    python_implementation text COLLATE "C",
    python_implementation_version text COLLATE "C",
    os_name text COLLATE "C",
    os_version text COLLATE "C",
    os_id text COLLATE "C",
    doctool_name text COLLATE "C",
    doctool_version text COLLATE "C",
    doctool_extensions text[],
    doctool_html_theme text COLLATE "C",
    doctool_source text COLLATE "C",
    step_names text[] NOT NULL,
    step_seconds double precision[] NOT NULL,
    step_exit_codes integer[] NOT NULL,
    collector_names text[] NOT NULL,
    collector_statuses text[] NOT NULL,
    collector_counts integer[] NOT NULL,
    collector_duration_ms bigint[] NOT NULL,
    collector_errors text[] NOT NULL,
    collector_truncated boolean[] NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, build_id, attempt, started_at)
) PARTITION BY RANGE (started_at);
COMMENT ON TABLE headcount_store.builds IS 'One row per build attempt, by month of its start (S2, L6). [keep]';
COMMENT ON COLUMN headcount_store.builds.organization_id IS 'The organization; null where there is none. [scrub]';
COMMENT ON COLUMN headcount_store.builds.organization_slug IS 'Its short name. [scrub]';
COMMENT ON COLUMN headcount_store.builds.project_id IS 'The project. [scrub]';
COMMENT ON COLUMN headcount_store.builds.project_slug IS 'Its short name. [scrub]';
COMMENT ON COLUMN headcount_store.builds.project_private IS 'Whether it is private: in no report and no export. [keep]';
COMMENT ON COLUMN headcount_store.builds.version_id IS 'The version; null: the build counts in series only. [scrub]';
COMMENT ON COLUMN headcount_store.builds.version_slug IS 'Its short name. [scrub]';
COMMENT ON COLUMN headcount_store.builds.version_kind IS 'branch, tag, external or (other). [scrub]';
COMMENT ON COLUMN headcount_store.builds.version_default IS 'Whether it is the project''s default version. [keep]';
COMMENT ON COLUMN headcount_store.builds.build_id IS 'The host''s build id. [scrub]';
COMMENT ON COLUMN headcount_store.builds.attempt IS 'Counts the attempts of one build id, from 1. [keep]';
COMMENT ON COLUMN headcount_store.builds.started_at IS 'When the build started. [keep]';
COMMENT ON COLUMN headcount_store.builds.length_seconds IS 'Whole seconds by a monotonic clock. [keep]';
COMMENT ON COLUMN headcount_store.builds.status IS 'normal, cancelled, timed_out, out_of_memory, config_invalid, lost or (other). [scrub]';
COMMENT ON COLUMN headcount_store.builds.success IS 'Whether it succeeded. [keep]';
COMMENT ON COLUMN headcount_store.builds."commit" IS 'The commit, in hexadecimal. [scrub]';
COMMENT ON COLUMN headcount_store.builds.vcs IS 'git, hg, svn, bzr or (other). [scrub]';
COMMENT ON COLUMN headcount_store.builds.failure_stage IS 'clone, config, environment, install, build, upload or (other). [scrub]';
COMMENT ON COLUMN headcount_store.builds.failure_error IS 'A class name, with an exit code where there is one. [scrub]';
COMMENT ON COLUMN headcount_store.builds.flags IS 'Names of probes that the host declared. [scrub]';
COMMENT ON COLUMN headcount_store.builds.image_os IS 'The configuration''s build.os. [scrub]';
COMMENT ON COLUMN headcount_store.builds.image_name IS 'The image''s name and tag. [scrub]';
COMMENT ON COLUMN headcount_store.builds.image_digest IS 'The image''s digest. [scrub]';
COMMENT ON COLUMN headcount_store.builds.knowledge IS 'How many collectors know their datum: of two events for one attempt, more wins. [keep]';
COMMENT ON COLUMN headcount_store.builds.event_id IS 'The event: of two with equal knowledge, the larger id wins. [keep]';
COMMENT ON COLUMN headcount_store.builds.config_user_hash IS 'The configuration as its author wrote it; null: unknown or no file. [keep]';
COMMENT ON COLUMN headcount_store.builds.config_final_hash IS 'The configuration with all defaults; null: unknown. [keep]';
COMMENT ON COLUMN headcount_store.builds.pip_all_hash IS 'The list of installed Python packages; null: unknown. [keep]';
COMMENT ON COLUMN headcount_store.builds.conda_all_hash IS 'The list of installed conda packages; null: unknown. [keep]';
COMMENT ON COLUMN headcount_store.builds.apt_all_hash IS 'The list of installed system packages; null: unknown. [keep]';
COMMENT ON COLUMN headcount_store.builds.python_version IS 'The interpreter''s version. [scrub]';
COMMENT ON COLUMN headcount_store.builds.python_implementation IS 'CPython, PyPy, … [scrub]';
COMMENT ON COLUMN headcount_store.builds.python_implementation_version IS 'PyPy''s own version, for example. [scrub]';
COMMENT ON COLUMN headcount_store.builds.os_name IS 'The system as it describes itself. [scrub]';
COMMENT ON COLUMN headcount_store.builds.os_version IS 'The first dotted number of the description. [scrub]';
COMMENT ON COLUMN headcount_store.builds.os_id IS 'os-release''s ID. [scrub]';
COMMENT ON COLUMN headcount_store.builds.doctool_name IS 'sphinx, mkdocs, generic or (other). [scrub]';
COMMENT ON COLUMN headcount_store.builds.doctool_version IS 'Its version. [coarsen]';
COMMENT ON COLUMN headcount_store.builds.doctool_extensions IS 'Extension modules or plugins; null: unknown. [scrub]';
COMMENT ON COLUMN headcount_store.builds.doctool_html_theme IS 'The HTML theme. [scrub]';
COMMENT ON COLUMN headcount_store.builds.doctool_source IS 'report, static or (other). [scrub]';
COMMENT ON COLUMN headcount_store.builds.step_names IS 'Steps in the order in which they ended. [scrub]';
COMMENT ON COLUMN headcount_store.builds.step_seconds IS 'How long each step took, seconds. [keep]';
COMMENT ON COLUMN headcount_store.builds.step_exit_codes IS 'Each step''s exit code. [keep]';
COMMENT ON COLUMN headcount_store.builds.collector_names IS 'Which collectors reported. [keep]';
COMMENT ON COLUMN headcount_store.builds.collector_statuses IS 'ok, empty, missing, error, timeout or (other), each. [scrub]';
COMMENT ON COLUMN headcount_store.builds.collector_counts IS 'How many rows each found, before any cut. [keep]';
COMMENT ON COLUMN headcount_store.builds.collector_duration_ms IS 'How long each took, milliseconds. [keep]';
COMMENT ON COLUMN headcount_store.builds.collector_errors IS 'A class name each, where it failed. [scrub]';
COMMENT ON COLUMN headcount_store.builds.collector_truncated IS 'Whether each one''s rows were cut. [keep]';
COMMENT ON COLUMN headcount_store.builds.received_at IS 'When Kafka received the event. [keep]';

CREATE INDEX builds_started_at ON headcount_store.builds (started_at);

-- The sink's role makes months, but owns no table. ATTACH takes a weaker lock than CREATE … PARTITION OF, so readers go on.
CREATE FUNCTION headcount_store.ensure_builds_month(month date) RETURNS void
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
    IF to_regclass(format('headcount_store.%I', name)) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE headcount_store.%I (LIKE headcount_store.builds INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)', name);
    EXECUTE format('COMMENT ON TABLE headcount_store.%I IS %L', name, 'Builds of one month. [keep]');
    EXECUTE format('ALTER TABLE headcount_store.builds ATTACH PARTITION headcount_store.%I FOR VALUES FROM (%L) TO (%L)', name, first_day, next_day);
END
$$;
COMMENT ON FUNCTION headcount_store.ensure_builds_month(date) IS 'Make the partition of builds for a month, if there is none.';
REVOKE ALL ON FUNCTION headcount_store.ensure_builds_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION headcount_store.ensure_builds_month(date) TO headcount_sink;

CREATE TABLE headcount_store.project_flags (
    project_id text COLLATE "C" NOT NULL,
    flag text NOT NULL CHECK (flag IN ('spam', 'banned', 'test', 'opted_out')),
    flagged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, flag)
);
COMMENT ON TABLE headcount_store.project_flags IS 'Projects that no count includes; kept by the operator. [keep]';
COMMENT ON COLUMN headcount_store.project_flags.project_id IS 'The project. [scrub]';
COMMENT ON COLUMN headcount_store.project_flags.flag IS 'spam, banned, test or opted_out. [keep]';
COMMENT ON COLUMN headcount_store.project_flags.flagged_at IS 'Since when. [keep]';

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA headcount_store TO headcount_sink;
