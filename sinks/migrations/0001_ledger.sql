-- What was read, and what became of it. Every later table is filled in the transaction that moves a position.

CREATE TABLE headcount_store.positions (
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    next_raw_offset bigint NOT NULL DEFAULT 0,
    next_clean_offset bigint NOT NULL DEFAULT 0,
    cluster_id text COLLATE "C",
    topic_id text COLLATE "C",
    former_series text[] NOT NULL DEFAULT '{}',
    epoch bigint NOT NULL DEFAULT 0,
    backend_pid integer,
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE headcount_store.positions IS 'How far each partition has been applied; moves with the facts, in one transaction. [keep]';
COMMENT ON COLUMN headcount_store.positions.topic IS 'The raw topic, with the operator''s prefix. [keep]';
COMMENT ON COLUMN headcount_store.positions.partition IS 'The partition, the same on the raw and the clean topic. [keep]';
COMMENT ON COLUMN headcount_store.positions.next_raw_offset IS 'The raw offset whose clean record comes next. [keep]';
COMMENT ON COLUMN headcount_store.positions.next_clean_offset IS 'Where to read on in the clean topic. [keep]';
COMMENT ON COLUMN headcount_store.positions.cluster_id IS 'The Kafka cluster that the offsets belong to; null before the first record. [keep]';
COMMENT ON COLUMN headcount_store.positions.topic_id IS 'The id of the raw topic that the offsets belong to; null before the first record. [keep]';
COMMENT ON COLUMN headcount_store.positions.former_series IS 'Cluster and topic ids that were left behind by ledger accept --new-series. [keep]';
COMMENT ON COLUMN headcount_store.positions.epoch IS 'Counts the owners; the transaction of an older one is rolled back. [keep]';
COMMENT ON COLUMN headcount_store.positions.backend_pid IS 'The server process of the newest owner, to end a transaction that a stopped owner holds open. [keep]';

CREATE TABLE headcount_store.ledger_rows (
    hour timestamptz NOT NULL,
    topic text COLLATE "C" NOT NULL,
    producer text COLLATE "C" NOT NULL,
    -- A producer says these, and no producer may stop us with a number that overflows.
    handed_over numeric NOT NULL DEFAULT 0,
    dropped numeric NOT NULL DEFAULT 0,
    missing numeric NOT NULL DEFAULT 0,
    received bigint NOT NULL DEFAULT 0,
    resent bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    duplicate_batch bigint NOT NULL DEFAULT 0,
    duplicate_event bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    added bigint NOT NULL DEFAULT 0,
    kept_without_fact bigint NOT NULL DEFAULT 0,
    taken_back bigint NOT NULL DEFAULT 0,
    expired bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (hour, topic, producer)
);
COMMENT ON TABLE headcount_store.ledger_rows IS 'What became of every event, by hour of receipt, raw topic and producer. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.hour IS 'The hour in which Kafka received the record. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.topic IS 'The raw topic. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.producer IS 'The producer''s random id; (unknown) where the record did not say. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.handed_over IS 'Events handed to the producer, those handed over again included. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.dropped IS 'Events that the producer had no room for. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.missing IS 'Events handed over and not received so far. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.received IS 'Events in records. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.resent IS 'Of those received: in batches that had been received before. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.accepted IS 'Events passed on. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.duplicate_batch IS 'Events of a batch that had been received before. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.duplicate_event IS 'Events whose id had been accepted before. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.refused IS 'Events in dead letters. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.added IS 'Accepted events that made a row of facts. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.kept_without_fact IS 'Accepted events that made none: superseded, retirements, poison rows. [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.taken_back IS 'Facts removed on request (delete, forget). [keep]';
COMMENT ON COLUMN headcount_store.ledger_rows.expired IS 'Facts removed by retention. [keep]';

CREATE TABLE headcount_store.refusals (
    hour timestamptz NOT NULL,
    topic text COLLATE "C" NOT NULL,
    producer text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (hour, topic, producer, reason)
);
COMMENT ON TABLE headcount_store.refusals IS 'The refused events of the ledger by reason. [keep]';
COMMENT ON COLUMN headcount_store.refusals.hour IS 'The hour in which Kafka received the record. [keep]';
COMMENT ON COLUMN headcount_store.refusals.topic IS 'The raw topic. [keep]';
COMMENT ON COLUMN headcount_store.refusals.producer IS 'The producer''s random id; (unknown) where the record did not say. [keep]';
COMMENT ON COLUMN headcount_store.refusals.reason IS 'Why, in one word of schemas/refusals.py. [keep]';
COMMENT ON COLUMN headcount_store.refusals.events IS 'How many. [keep]';

CREATE TABLE headcount_store.stops (
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    cause text NOT NULL CHECK (cause IN ('hole', 'other_series', 'unreadable')),
    stopped_at timestamptz NOT NULL DEFAULT now(),
    expected_raw_offset bigint NOT NULL,
    found_raw_offset bigint,
    found_clean_offset bigint,
    cluster_id text COLLATE "C",
    topic_id text COLLATE "C",
    what text NOT NULL,
    way_on text NOT NULL,
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE headcount_store.stops IS 'Partitions that wait for a person, and why; ledger accept ends a stop. [keep]';
COMMENT ON COLUMN headcount_store.stops.topic IS 'The raw topic. [keep]';
COMMENT ON COLUMN headcount_store.stops.partition IS 'The partition. [keep]';
COMMENT ON COLUMN headcount_store.stops.cause IS 'hole: clean records are missing; other_series: another topic or cluster; unreadable: a record that this version cannot read. [keep]';
COMMENT ON COLUMN headcount_store.stops.stopped_at IS 'Since when. [keep]';
COMMENT ON COLUMN headcount_store.stops.expected_raw_offset IS 'The raw offset that should have come: the first missing one. [keep]';
COMMENT ON COLUMN headcount_store.stops.found_raw_offset IS 'The raw offset that came instead. [keep]';
COMMENT ON COLUMN headcount_store.stops.found_clean_offset IS 'Where in the clean topic it came. [keep]';
COMMENT ON COLUMN headcount_store.stops.cluster_id IS 'The cluster of what came. [keep]';
COMMENT ON COLUMN headcount_store.stops.topic_id IS 'The raw topic''s id of what came. [keep]';
COMMENT ON COLUMN headcount_store.stops.what IS 'What is wrong, in words. [keep]';
COMMENT ON COLUMN headcount_store.stops.way_on IS 'What a person can do. [keep]';

CREATE TABLE headcount_store.accepted_holes (
    accepted_at timestamptz NOT NULL DEFAULT now(),
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    cause text NOT NULL,
    first_missing bigint NOT NULL,
    last_missing bigint,
    cluster_id text COLLATE "C",
    topic_id text COLLATE "C",
    accepted_by text NOT NULL DEFAULT current_user
);
COMMENT ON TABLE headcount_store.accepted_holes IS 'Losses that a person accepted by ledger accept. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.accepted_at IS 'When. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.topic IS 'The raw topic. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.partition IS 'The partition. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.cause IS 'Why it had stopped. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.first_missing IS 'The first raw offset that was not applied. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.last_missing IS 'The last one; null where a new series began. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.cluster_id IS 'The cluster of the offsets. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.topic_id IS 'The raw topic''s id of the offsets. [keep]';
COMMENT ON COLUMN headcount_store.accepted_holes.accepted_by IS 'The database role that accepted. [keep]';

CREATE TABLE headcount_store.poison_rows (
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    raw_offset bigint NOT NULL,
    event_index integer NOT NULL,
    cluster_id text COLLATE "C" NOT NULL,
    topic_id text COLLATE "C" NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    event text,
    PRIMARY KEY (topic, partition, cluster_id, topic_id, raw_offset, event_index)
);
COMMENT ON TABLE headcount_store.poison_rows IS 'Accepted events that Postgres would not take as facts; found by bisection. [keep]';
COMMENT ON COLUMN headcount_store.poison_rows.topic IS 'The raw topic. [keep]';
COMMENT ON COLUMN headcount_store.poison_rows.partition IS 'The partition. [keep]';
COMMENT ON COLUMN headcount_store.poison_rows.raw_offset IS 'The raw record. [keep]';
COMMENT ON COLUMN headcount_store.poison_rows.event_index IS 'Its place among the accepted events of that record, from 0. [keep]';
COMMENT ON COLUMN headcount_store.poison_rows.cluster_id IS 'The cluster of the offset. [keep]';
COMMENT ON COLUMN headcount_store.poison_rows.topic_id IS 'The raw topic''s id of the offset. [keep]';
COMMENT ON COLUMN headcount_store.poison_rows.kept_at IS 'When it was put here. [keep]';
COMMENT ON COLUMN headcount_store.poison_rows.reason IS 'What Postgres said. [scrub]';
COMMENT ON COLUMN headcount_store.poison_rows.event IS 'The scrubbed event as JSON text, escaped to ASCII. [scrub]';

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA headcount_store TO headcount_sink;
