CREATE VIEW headcount.ledger AS
WITH sums AS (
    SELECT *, duplicate_batch + duplicate_event AS duplicate
    FROM headcount_store.ledger_rows
)
SELECT
    hour, topic, producer, handed_over, dropped, missing, received, accepted, duplicate, refused, added, kept_without_fact, taken_back,
    abs(handed_over - received - dropped - missing)
        + abs(received - accepted - duplicate - refused)
        + abs(accepted - added - kept_without_fact) AS difference,
    resent, duplicate_batch, duplicate_event, expired
FROM sums;
COMMENT ON VIEW headcount.ledger IS 'What became of every event that a producer was handed? Each row balances, and difference is 0: handed_over = received + dropped + missing; received = accepted + duplicate + refused; accepted = added + kept_without_fact.';
COMMENT ON COLUMN headcount.ledger.hour IS 'The hour in which Kafka received the record; of (retention) and (delete) that in which facts were removed, of (past) the month.';
COMMENT ON COLUMN headcount.ledger.topic IS 'The raw topic.';
COMMENT ON COLUMN headcount.ledger.producer IS 'The producer''s random id; (unknown) where the record did not say; (retention), (delete): who removed facts; (past): all of a month whose detail is gone.';
COMMENT ON COLUMN headcount.ledger.handed_over IS 'Events handed to the producer, those handed over again included.';
COMMENT ON COLUMN headcount.ledger.dropped IS 'Events that the producer had no room for.';
COMMENT ON COLUMN headcount.ledger.missing IS 'Events handed over and not received so far.';
COMMENT ON COLUMN headcount.ledger.received IS 'Events in records.';
COMMENT ON COLUMN headcount.ledger.accepted IS 'Events passed on.';
COMMENT ON COLUMN headcount.ledger.duplicate IS 'Events that had been received before.';
COMMENT ON COLUMN headcount.ledger.refused IS 'Events in dead letters; refusals has the reasons.';
COMMENT ON COLUMN headcount.ledger.added IS 'Accepted events that made a row of facts.';
COMMENT ON COLUMN headcount.ledger.kept_without_fact IS 'Accepted events that made none: superseded, retirements, poison rows.';
COMMENT ON COLUMN headcount.ledger.taken_back IS 'Facts removed on request.';
COMMENT ON COLUMN headcount.ledger.difference IS 'By how much the row does not balance: 0, or something is wrong.';
COMMENT ON COLUMN headcount.ledger.resent IS 'Of those received: in batches that had been received before.';
COMMENT ON COLUMN headcount.ledger.duplicate_batch IS 'Of the duplicates: events of a batch that had been received before.';
COMMENT ON COLUMN headcount.ledger.duplicate_event IS 'Of the duplicates: events whose id had been accepted before.';
COMMENT ON COLUMN headcount.ledger.expired IS 'Facts removed by retention.';
