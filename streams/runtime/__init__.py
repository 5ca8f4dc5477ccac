"""Faust held to exactly once: takes as Kafka transactions of our own, our own positions, and guards (faust.md).

Comes in: raw records that Faust consumed. Goes out: one transaction a take. Promises: whatever happens, a raw record's
clean record, dead letters, latest rows, state and position are written together or not at all; the process ends rather
than go on after anything unexpected.
"""
