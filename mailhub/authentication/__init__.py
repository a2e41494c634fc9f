"""Who a received mail is from: SPF, DKIM, ARC and DMARC, and the Authentication-Results field that says so.

Nothing is refused here: what becomes of mail that fails is left to who asks.
"""
