-- Both views have the same columns: the facts, and each part with the build that knows it. What only breaks ties stays inside.
DO $$
DECLARE
    view text;
    columns text;
    kept record;
BEGIN
    SELECT string_agg(format('%I', attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute
    WHERE attrelid = 'headcount_store.latest_builds'::regclass AND attnum > 0 AND NOT attisdropped
        AND attname NOT IN ('successful', 'knowledge') AND attname !~ '_known_(attempt|knowledge|event_id)$';
    FOREACH view IN ARRAY ARRAY['latest_builds', 'latest_successful_builds'] LOOP
        EXECUTE format(
            'CREATE VIEW headcount.%I AS SELECT %s FROM headcount_store.latest_builds WHERE successful = %L',
            view, columns, view = 'latest_successful_builds'
        );
        FOR kept IN
            SELECT shown.attname AS name, col_description(stored.attrelid, stored.attnum) AS comment
            FROM pg_attribute AS shown
            JOIN pg_attribute AS stored
                ON stored.attrelid = 'headcount_store.latest_builds'::regclass AND stored.attname = shown.attname
            WHERE shown.attrelid = format('headcount.%I', view)::regclass AND shown.attnum > 0
        LOOP
            EXECUTE format('COMMENT ON COLUMN headcount.%I.%I IS %L', view, kept.name, kept.comment);
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON VIEW headcount.latest_builds IS 'What is the latest build of each version, whatever its outcome, and what is known of it? Each part (python, pip_all, …) comes from the newest build that knows it: …_known_build_id and …_known_at name that build.';
COMMENT ON VIEW headcount.latest_successful_builds IS 'What is the latest successful build of each version, and what is known of it? Parts come from successful builds only.';

CREATE VIEW headcount.project_flags AS SELECT project_id, flag, flagged_at FROM headcount_store.project_flags;
COMMENT ON VIEW headcount.project_flags IS 'Which projects are in no count? The operator (the owner role) adds and removes rows here.';
COMMENT ON COLUMN headcount.project_flags.project_id IS 'The project.';
COMMENT ON COLUMN headcount.project_flags.flag IS 'spam, banned, test or opted_out.';
COMMENT ON COLUMN headcount.project_flags.flagged_at IS 'Since when.';
ALTER VIEW headcount.project_flags ALTER COLUMN flagged_at SET DEFAULT now();
