"""HTTP/1 on sockets: bytes of many connections → requests for the routes, and their answers back, in order.

Comes in: whatever anybody sends. Goes out: answers; after each its event to the gatherer. Promises: nothing waits for Kafka;
each connection costs bounded memory and time, whatever it sends or does not send or does not read; no input gives a 5xx.
uvicorn carries sockets, TLS, signals and shutdown; the protocol on httptools' parser is ours, as redirects must be cheap.
"""
