WITH gone AS (
    DELETE FROM headcount_store.refusals
    WHERE (hour, topic, producer, reason) IN (
        SELECT hour, topic, producer, reason FROM headcount_store.refusals
        WHERE hour < %s AND producer <> %s ORDER BY hour LIMIT %s
    )
    RETURNING *
), added AS (
    INSERT INTO headcount_store.refusals AS kept (hour, topic, producer, reason, events)
    SELECT date_trunc('month', hour), topic, %s, reason, sum(events) FROM gone GROUP BY 1, 2, 4 ORDER BY 1, 2, 4
    ON CONFLICT (hour, topic, producer, reason) DO UPDATE SET events = kept.events + excluded.events
)
SELECT count(*) FROM gone
