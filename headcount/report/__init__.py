"""Reports: the answers of the database as one page that can be sent to somebody, or as rows.

Comes in: functions of the database, read as the reader role. Goes out: HTML without any outside resource, CSV or Parquet.
Promises: nothing of a private project leaves; with `public`, no project by name and no figure of fewer than K projects.
"""
