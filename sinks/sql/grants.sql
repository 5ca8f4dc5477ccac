-- The reader sees the views and calls the functions of `headcount`; the tables behind them it does not even see.
COMMENT ON SCHEMA headcount IS 'Views and functions for people: each says in its comment which question it answers.';
COMMENT ON SCHEMA headcount_inner IS 'What several views are made of; not for people.';
GRANT USAGE ON SCHEMA headcount_store TO headcount_sink;
GRANT USAGE ON SCHEMA headcount TO headcount_sink, headcount_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA headcount TO headcount_sink, headcount_reader;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA headcount, headcount_inner FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA headcount TO headcount_sink, headcount_reader;
GRANT EXECUTE ON FUNCTION headcount_inner.document_text(headcount_store.latest_builds) TO headcount_sink, headcount_reader;
REVOKE ALL ON headcount_store.migrations, headcount_store.views FROM headcount_sink;
