"""Kills, freezes and restarts of every part under load, then every table against a truth of its own.

`python -m tests.faults --seeds 2 --first 1`. A seed decides the events, their damage and the order of the faults.
"""
