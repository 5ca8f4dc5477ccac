-- Rows of facts do not say which topic they came by; it is one topic, with the prefix under which its positions are kept.
INSERT INTO headcount_store.ledger_rows AS kept (hour, topic, producer, {column})
VALUES (
    date_trunc('hour', now()),
    coalesce((SELECT min(topic) FROM headcount_store.positions WHERE topic LIKE %s), %s),
    %s,
    %s
)
ON CONFLICT (hour, topic, producer) DO UPDATE SET {column} = kept.{column} + excluded.{column}
