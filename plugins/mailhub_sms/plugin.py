"""The sms plugin's hooks: its table of contents."""
