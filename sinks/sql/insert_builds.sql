-- The first event of an attempt makes its row; RETURNING says which did, for the ledger.
INSERT INTO headcount_store.builds ({columns})
SELECT {columns} FROM new_builds ORDER BY {key}
ON CONFLICT ({key}) DO NOTHING
RETURNING {key}
