"""The contract between the stages: events, topics, Avro schemas, codec, privacy classes.

Comes in: nothing of ours. Goes out: what producers, streams and sinks agree on.
Promises: a schema id means the same schema forever; every field says what it is and how private it is.
"""
