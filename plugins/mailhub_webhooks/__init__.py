"""Webhooks: delivery events posted to an account's endpoints, signed, in order, at least once."""
