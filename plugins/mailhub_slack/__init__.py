"""Slack: commands, cards and buttons that call the registered actions as the linked user."""
