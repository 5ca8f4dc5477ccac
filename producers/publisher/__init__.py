"""The publisher that hosts embed: events in, numbered batches on a raw topic or in a spool on disk.

Comes in: events, by any thread. Goes out: raw records. Promises: what is accepted into Kafka or the spool is never lost; it
never raises into its host and never blocks it beyond the stated bound; a host that is killed loses at most what it handed
over in its last 100 ms.
"""

from producers.publisher.publisher import Group, Publisher

__all__ = ["Group", "Publisher"]
