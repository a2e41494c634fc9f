"""What became of messages: the ledger and one message."""

from flask import Flask

from mailhub.hub import Hub


def register(app: Flask, hub: Hub) -> None:
    """Add the pages."""
