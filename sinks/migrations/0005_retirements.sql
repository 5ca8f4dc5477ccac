-- Marks of retirement (L7, L8). A late event meets its mark here, also when another partition, or another sink, brought it.

CREATE TABLE headcount_store.retirements (
    project_id text COLLATE "C" NOT NULL,
    version_id text COLLATE "C",
    successful boolean NOT NULL,
    retired_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (project_id, version_id, successful)
);
COMMENT ON TABLE headcount_store.retirements IS 'Retired versions and projects: builds up to a time are in no latest row. [keep]';
COMMENT ON COLUMN headcount_store.retirements.project_id IS 'The project. [scrub]';
COMMENT ON COLUMN headcount_store.retirements.version_id IS 'The version; null: all versions of the project. [scrub]';
COMMENT ON COLUMN headcount_store.retirements.successful IS 'Which of the two latest rows it concerns. [keep]';
COMMENT ON COLUMN headcount_store.retirements.retired_at IS 'Builds that started then or before are retired. [keep]';
COMMENT ON COLUMN headcount_store.retirements.received_at IS 'When we learnt it; the mark goes 30 days later. [keep]';

GRANT SELECT, INSERT, UPDATE, DELETE ON headcount_store.retirements TO headcount_sink;
