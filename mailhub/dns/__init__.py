"""What the world's name servers say: questions over UDP, answers remembered, for one event loop or for whoever may wait.

What an answer means (where mail goes, whether a domain is proved) is decided by who asks.
"""
