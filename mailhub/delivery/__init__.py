"""The delivery task: claim, admit again, render, sign, deliver, settle. A batch at a time, a slice of a second each.

`Delivery` is one worker process's delivery: a thread of its own with an event loop, so that answers of slow servers are
heard between slices too. What is claimed, and what an outcome leads to, is the outbox's.
"""
