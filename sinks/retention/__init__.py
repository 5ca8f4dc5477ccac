"""What goes with time: builds, latest rows, weeks, lists and configurations that nothing refers to, the ledger's detail.

Comes in: a connection of the sink's role, the time, the periods, perhaps an archive. Goes out: fewer rows. Promises: safe to
run twice, by two sinks at once, and beside writers and readers; the ledger's identities stay; with an archive, no row of
builds, weeks, lists and configurations goes that has not been written, read back and found whole.
"""
