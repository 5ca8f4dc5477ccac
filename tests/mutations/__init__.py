"""Broken outputs through every collector and on to the clean event: legal answers, no exception, never half a value."""
