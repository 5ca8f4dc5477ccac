WITH views AS (
    SELECT relname AS name, obj_description(oid, 'pg_class') AS question
    FROM pg_class
    WHERE relnamespace = to_regnamespace('headcount') AND relkind = 'v'
), functions AS (
    -- Of arguments, only those that go in: a table function's columns are arguments as well.
    SELECT
        proname AS name,
        coalesce(proargnames[1:pronargs], '{}') AS argument_names,
        (SELECT coalesce(array_agg(format_type(type, NULL) ORDER BY place), '{}')
         FROM unnest(proargtypes::oid[]) WITH ORDINALITY AS given (type, place)) AS argument_types,
        obj_description(oid, 'pg_proc') AS question
    FROM pg_proc
    WHERE pronamespace = to_regnamespace('headcount') AND proretset
)
SELECT name, views.name IS NOT NULL AS is_view, argument_names, argument_types, coalesce(views.question, functions.question)
FROM views FULL JOIN functions USING (name)
ORDER BY name
