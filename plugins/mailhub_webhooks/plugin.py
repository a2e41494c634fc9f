"""The webhooks plugin's hooks: its table of contents."""
