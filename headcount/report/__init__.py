"""Reports: the answers of the database as one page that can be sent to somebody, or as CSV.

Comes in: views, read as the reader role. Goes out: HTML without any outside resource, or CSV.
Promises: with `public`, nothing of a private project and no figure of fewer than K projects leaves.
"""
