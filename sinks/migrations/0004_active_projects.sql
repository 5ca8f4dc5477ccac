-- Every count asks which projects are active. With this it is a look-up a project, not a reading of all builds.
CREATE INDEX builds_successes ON headcount_store.builds (project_id, started_at) INCLUDE (build_id) WHERE success;
