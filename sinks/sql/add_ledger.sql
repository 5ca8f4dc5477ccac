INSERT INTO headcount_store.ledger_rows AS kept (hour, topic, producer, {columns})
SELECT hour, topic, producer, {columns} FROM new_ledger ORDER BY hour, topic, producer
ON CONFLICT (hour, topic, producer) DO UPDATE SET {sums}
