"""The slack plugin's hooks: its table of contents."""
