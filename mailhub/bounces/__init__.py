"""What comes back is understood: bounces, complaints, automatic replies, and what servers' answers mean.

Words in, meanings out: no table, no network. What follows from it (suppression, events) is left to those who asked.
"""

from mailhub.bounces.classifying import classify
from mailhub.bounces.judging import judge
from mailhub.bounces.reading import Class, Judgement, Kind, Original, Reading, Recipient

__all__ = ["Class", "Judgement", "Kind", "Original", "Reading", "Recipient", "classify", "judge"]
