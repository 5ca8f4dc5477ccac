"""Data files of the gateway."""
