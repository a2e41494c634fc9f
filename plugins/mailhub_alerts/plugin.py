"""The alerts plugin's hooks: its table of contents."""
