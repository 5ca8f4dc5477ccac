"""Requests that were answered → groups of encoded events, handed to the publisher.

Comes in: what the server or a log says of each answered request. Goes out: events of `headcount.downloads.raw.v1`, grouped
by source. Promises: one request is one event, in the order of the answers; whoever opted out is one more in the day's total
and nothing else; no query, credential or name of a project that is not served is in any.
"""
