-- Another event of an attempt that is there: more knowledge wins, then the larger event id (L1, L6).
UPDATE headcount_store.builds AS kept SET {assignments}
FROM new_builds
WHERE {same_key} AND (new_builds.knowledge, new_builds.event_id) > (kept.knowledge, kept.event_id)
