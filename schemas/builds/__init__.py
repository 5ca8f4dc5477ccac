"""What build events mean, where streams and sinks must agree: the latest rows and their order.

Comes in: clean build events as decoded. Goes out: latest rows. Promises: pure functions only.
"""
