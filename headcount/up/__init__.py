"""The local stack: Kafka, Postgres and headcount's own processes on one machine, with nothing installed but Python.

Comes in: a state directory. Goes out: running, supervised processes and `stack.json`, which says where they listen.
Promises: loopback only; a second `up` finds the old state, also after a kill -9 of everything; `down` leaves no
process.
"""
