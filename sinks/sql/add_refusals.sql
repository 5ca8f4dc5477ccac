INSERT INTO headcount_store.refusals AS kept (hour, topic, producer, reason, events)
SELECT hour, topic, producer, reason, events
FROM unnest(%s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::bigint[]) AS given (hour, topic, producer, reason, events)
ORDER BY hour, topic, producer, reason
ON CONFLICT (hour, topic, producer, reason) DO UPDATE SET events = kept.events + excluded.events
