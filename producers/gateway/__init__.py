"""A request for a package, before its registry → a redirect or an answer, and one event on the raw downloads topic.

Comes in: HTTP requests of pip, uv, npm, cargo, container clients and browsers, and a manifest of what is served. Goes out:
answers, and after them raw Avro batches on Kafka. Promises: no answer waits for Kafka; no input gives a 5xx; a path stays
undecoded until something needs its text; neither a query nor a credential reaches an event.
"""
