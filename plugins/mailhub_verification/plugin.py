"""The verification plugin's hooks: its table of contents."""
