-- Joined in Python with what was read; a version lives on one partition, whose position this transaction holds.
INSERT INTO headcount_store.latest_builds ({columns})
SELECT {columns} FROM new_latest ORDER BY {key}
ON CONFLICT ({key}) DO UPDATE SET {assignments}
