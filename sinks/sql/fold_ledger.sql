WITH gone AS (
    DELETE FROM headcount_store.ledger_rows
    WHERE (hour, topic, producer) IN (
        SELECT hour, topic, producer FROM headcount_store.ledger_rows
        WHERE hour < %s AND producer <> %s ORDER BY hour LIMIT %s
    )
    RETURNING *
), added AS (
    INSERT INTO headcount_store.ledger_rows AS kept (hour, topic, producer, {columns})
    SELECT date_trunc('month', hour), topic, %s, {totals} FROM gone GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (hour, topic, producer) DO UPDATE SET {sums}
)
SELECT count(*) FROM gone
