"""What is personal is replaced by its kind before anything leaves streams.

Comes in: a decoded raw event. Goes out: the same event in the clean shape. Promises: the schema's `pii` and `rule`
decide for each field, there is no field without them; scrubbing is pure, total and idempotent.
"""
