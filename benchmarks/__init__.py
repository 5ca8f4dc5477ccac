"""Benchmarks: one core for what is measured, the other for broker, database and client; a peer in the same run."""
