SELECT ctid::text, event FROM headcount_store.poison_rows WHERE event IS NOT NULL
