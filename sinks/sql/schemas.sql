-- Tables are ours and change; views and functions of `headcount` are what people hold on to.
CREATE SCHEMA IF NOT EXISTS headcount_store;
COMMENT ON SCHEMA headcount_store IS 'Tables of headcount: written by the sink, read through the views in headcount.';
CREATE TABLE IF NOT EXISTS headcount_store.migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    ran_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE headcount_store.migrations IS 'Which migrations have run. [keep]';
COMMENT ON COLUMN headcount_store.migrations.number IS 'The number in the file''s name. [keep]';
COMMENT ON COLUMN headcount_store.migrations.name IS 'The file. [keep]';
COMMENT ON COLUMN headcount_store.migrations.checksum IS 'SHA-256 of the file as it ran. [keep]';
COMMENT ON COLUMN headcount_store.migrations.ran_at IS 'When. [keep]';
CREATE TABLE IF NOT EXISTS headcount_store.views (
    checksum text PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE headcount_store.views IS 'Which views are there: they are made anew when their files have changed. [keep]';
COMMENT ON COLUMN headcount_store.views.checksum IS 'SHA-256 of the files. [keep]';
COMMENT ON COLUMN headcount_store.views.made_at IS 'When they were made. [keep]';
