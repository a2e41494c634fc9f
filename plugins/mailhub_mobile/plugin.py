"""The mobile plugin's hooks: its table of contents."""
