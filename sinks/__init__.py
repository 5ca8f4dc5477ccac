"""Clean topics → Postgres.

Comes in: clean records, read committed. Goes out: facts, latest rows and the ledger, in one transaction.
Promises: Postgres holds exactly the sum of what the clean topics hold, after any crash, at any moment.
"""
