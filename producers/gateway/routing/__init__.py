"""A request as it was read → what to answer: pure, without I/O, on undecoded bytes.

Comes in: a checked manifest, and each request. Goes out: an Answer, or a Later that needs an upstream. Promises: nothing
that a client sends raises or gives a 5xx; what takes a request does not depend on the order of rules (DL2).
"""

from producers.gateway.routing.router import Router, Taken

__all__ = ["Router", "Taken"]
