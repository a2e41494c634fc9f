"""SMS through Twilio: what users are told and answer by it, and the phone each of them has confirmed.

SMS have a table and a sender of their own, beside the outbox: an alert must leave when no worker runs, and Twilio is
asked whether it has a message before it is given it twice. Without a provider they are kept, for the Sandbox page.
"""
