-- The reader sees the views and calls the functions of `headcount`; the tables behind them it does not even see.
COMMENT ON SCHEMA headcount IS 'Views and functions for people: each says in its comment which question it answers.';
GRANT USAGE ON SCHEMA headcount_store TO headcount_sink;
GRANT USAGE ON SCHEMA headcount TO headcount_sink, headcount_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA headcount TO headcount_sink, headcount_reader;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA headcount FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA headcount TO headcount_sink, headcount_reader;
REVOKE ALL ON headcount_store.migrations FROM headcount_sink;
GRANT SELECT ON headcount_store.migrations TO headcount_sink;
