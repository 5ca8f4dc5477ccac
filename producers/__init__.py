"""Something happened in a host → an event on a raw topic.

Comes in: what a build worker (later: a gateway, a command-line tool) sees. Goes out: raw Avro batches on Kafka.
Promises: the host is never slowed without bound, broken or made to wait; importing it starts nothing.
"""
