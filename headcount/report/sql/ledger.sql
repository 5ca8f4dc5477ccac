-- The sums over all build events that Kafka received in the hours of the window.
SELECT
    coalesce(sum(handed_over), 0)::bigint AS handed_over,
    coalesce(sum(dropped), 0)::bigint AS dropped,
    coalesce(sum(missing), 0)::bigint AS missing,
    coalesce(sum(received), 0)::bigint AS received,
    coalesce(sum(accepted), 0)::bigint AS accepted,
    coalesce(sum(duplicate), 0)::bigint AS duplicate,
    coalesce(sum(refused), 0)::bigint AS refused,
    coalesce(sum(added), 0)::bigint AS added,
    coalesce(sum(kept_without_fact), 0)::bigint AS kept_without_fact,
    coalesce(sum(difference), 0)::bigint AS difference
FROM headcount.ledger
WHERE topic LIKE '%%headcount.builds.raw.v1' AND hour > %(since)s::timestamptz - interval '1 hour' AND hour <= %(until)s
