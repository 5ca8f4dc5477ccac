"""What routes ask other servers: index pages, kept for a while; packuments and container registries, passed on.

Comes in: a URL that the manifest or an upstream's page names. Goes out: a page, or why there is none. Promises: one fetch
at a time for one thing, however many ask; nobody waits without bound; memory is bounded; an upstream that is away shows as
what was last seen of it, for a day.
"""

from producers.gateway.upstream.upstreams import Upstreams

__all__ = ["Upstreams"]
