"""Webhooks: what happened, told to an account's own programs as signed HTTP requests (Standard Webhooks).

Every endpoint has its own cursor over the events, so that each event arrives at least once and in order.
"""
