"""The billing plugin's hooks: its table of contents."""
