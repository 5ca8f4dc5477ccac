CREATE VIEW headcount.stopped_partitions AS
SELECT
    topic, partition, cause, stopped_at, expected_raw_offset AS first_missing,
    CASE WHEN cause = 'hole' THEN found_raw_offset - 1 END AS last_missing,
    what, way_on
FROM headcount_store.stops;
COMMENT ON VIEW headcount.stopped_partitions IS 'Which partitions wait for a person, why, and what is the way on?';
COMMENT ON COLUMN headcount.stopped_partitions.topic IS 'The raw topic.';
COMMENT ON COLUMN headcount.stopped_partitions.partition IS 'The partition.';
COMMENT ON COLUMN headcount.stopped_partitions.cause IS 'hole, other_series or unreadable.';
COMMENT ON COLUMN headcount.stopped_partitions.stopped_at IS 'Since when.';
COMMENT ON COLUMN headcount.stopped_partitions.first_missing IS 'The raw offset whose clean record should have come.';
COMMENT ON COLUMN headcount.stopped_partitions.last_missing IS 'Of a hole: the last raw offset whose clean record is missing.';
COMMENT ON COLUMN headcount.stopped_partitions.what IS 'What is wrong.';
COMMENT ON COLUMN headcount.stopped_partitions.way_on IS 'The way on.';

CREATE VIEW headcount.accepted_holes AS
SELECT accepted_at, topic, partition, cause, first_missing, last_missing, accepted_by FROM headcount_store.accepted_holes;
COMMENT ON VIEW headcount.accepted_holes IS 'Which losses have been accepted?';
COMMENT ON COLUMN headcount.accepted_holes.accepted_at IS 'When.';
COMMENT ON COLUMN headcount.accepted_holes.topic IS 'The raw topic.';
COMMENT ON COLUMN headcount.accepted_holes.partition IS 'The partition.';
COMMENT ON COLUMN headcount.accepted_holes.cause IS 'Why it had stopped.';
COMMENT ON COLUMN headcount.accepted_holes.first_missing IS 'The first raw offset that was not applied.';
COMMENT ON COLUMN headcount.accepted_holes.last_missing IS 'The last one; null where a new series began.';
COMMENT ON COLUMN headcount.accepted_holes.accepted_by IS 'The database role that accepted.';

CREATE VIEW headcount.refusals AS
SELECT hour, topic, producer, reason, events FROM headcount_store.refusals;
COMMENT ON VIEW headcount.refusals IS 'Why were events refused?';
COMMENT ON COLUMN headcount.refusals.hour IS 'The hour in which Kafka received the record.';
COMMENT ON COLUMN headcount.refusals.topic IS 'The raw topic.';
COMMENT ON COLUMN headcount.refusals.producer IS 'The producer''s random id; (unknown) where the record did not say.';
COMMENT ON COLUMN headcount.refusals.reason IS 'Why, in one word.';
COMMENT ON COLUMN headcount.refusals.events IS 'How many.';
