"""A synthetic year with the shape of Read the Docs', loaded and asked: `make year`.

Comes in: a seed and sizes. Goes out: a database as a year of builds leaves it, and how long every view takes on it.
Promises: the same seed, sizes and last day give the same builds.
"""
