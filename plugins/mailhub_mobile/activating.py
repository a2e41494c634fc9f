"""A device comes in on a connector and goes out again. Whether it may is asked in `entering`."""

import secrets

from mailhub import Hub
from mailhub_mobile.models import Connector


def activate(hub: Hub, connector: Connector, agent: str) -> None:
    """Sign a device in, in the caller's transaction; one that was signed in on this connector before is out.

    The pairing code is used up, and the first time is the activation date.
    """
    now = hub.ms()
    columns = {
        "activated_at": connector.activated_at or now,
        "seen_at": now,
        "agent": agent[:200],
        "family": secrets.token_hex(16),
        "generation": 1,
        "confirmed": 0,
        "rotated_at": now,
        "code_hash": "",
    }
    Connector.update(**columns).where(Connector.id == connector.id).execute()
    for name, value in columns.items():
        setattr(connector, name, value)


def sign_out(connector: Connector) -> None:
    """The device's tokens are worth nothing from now on, in the caller's transaction; it may sign in again."""
    Connector.update(family="").where(Connector.id == connector.id).execute()
    connector.family = ""
