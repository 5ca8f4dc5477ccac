"""What streams do with a build event: refuse it or give it in the clean shape, and say which latest row it changes.

Comes in: one decoded raw event. Goes out: one clean event, or a reason. Promises: pure functions only.
"""
