"""Campaigns: written, validated, scheduled, sent, paused, counted; and the page where their readers unsubscribe.

Who receives one is asked of whoever keeps contacts; how a message leaves is left to the core's outbox and delivery.
"""
