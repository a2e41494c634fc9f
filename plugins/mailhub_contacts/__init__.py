"""Contacts: lists, their contacts with fields, display and language, and how files of contacts come in.

Says who can be written to; what is written and how it leaves belongs to the sending plugin and the core.
"""
