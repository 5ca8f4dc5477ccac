"""Build events → rows: slim builds, lists and configs once per content, latest per version.

Comes in: clean build events as decoded. Goes out: tuples in the order of the tables' columns. Promises: pure functions only.
"""
