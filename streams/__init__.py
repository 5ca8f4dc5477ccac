"""Raw topics → deduplicated, scrubbed, latest (Faust).

Comes in: raw batches. Goes out: exactly one clean record per raw record, dead letters, latest rows.
Promises: every raw event ends exactly once as clean, duplicate or dead letter; nothing personal goes on.
"""
