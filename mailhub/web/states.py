"""How states look: the word, a colour and a sign each, so that colour is never the only one of them."""

from typing import NamedTuple

from flask import Flask
from flask_babel import gettext, lazy_gettext

from mailhub.hub import Hub


class Look(NamedTuple):
    """A state's word in the page's language, one of Tabler's colours, and an icon."""

    word: str
    colour: str
    icon: str


_LOOKS: dict[str, Look] = {
    "draft": Look(lazy_gettext("draft"), "secondary", "pencil"),
    "validated": Look(lazy_gettext("validated"), "azure", "check"),
    "scheduled": Look(lazy_gettext("scheduled"), "purple", "calendar"),
    "sending": Look(lazy_gettext("sending"), "blue", "send"),
    "open": Look(lazy_gettext("open"), "blue", "player-play"),
    "paused": Look(lazy_gettext("paused"), "orange", "player-pause"),
    "held": Look(lazy_gettext("held"), "orange", "clock"),
    "slow": Look(lazy_gettext("slow"), "orange", "alert-triangle"),
    "standing still": Look(lazy_gettext("standing still"), "orange", "alert-triangle"),
    "finished": Look(lazy_gettext("finished"), "green", "check"),
    "cancelled": Look(lazy_gettext("cancelled"), "secondary", "ban"),
    "message.cancelled": Look(lazy_gettext("not sent"), "secondary", "ban"),
    "delivered": Look(lazy_gettext("delivered"), "green", "check"),
    "deferred": Look(lazy_gettext("deferred"), "orange", "clock"),
    "bounced": Look(lazy_gettext("bounced"), "red", "mood-sad"),
    "refused": Look(lazy_gettext("refused"), "yellow", "ban"),
    "expired": Look(lazy_gettext("expired"), "red", "clock"),
    "opened": Look(lazy_gettext("opened"), "teal", "mail-opened"),
    "clicked": Look(lazy_gettext("clicked"), "teal", "click"),
    "unsubscribed": Look(lazy_gettext("unsubscribed"), "secondary", "logout"),
    "complained": Look(lazy_gettext("complained"), "red", "alert-triangle"),
    "subscribed": Look(lazy_gettext("subscribed"), "green", "check"),
    "suppressed": Look(lazy_gettext("suppressed"), "red", "ban"),
    "waiting": Look(lazy_gettext("waiting"), "blue", "clock"),
    "queued": Look(lazy_gettext("queued"), "blue", "clock"),
    "running": Look(lazy_gettext("running"), "blue", "refresh"),
    "done": Look(lazy_gettext("done"), "green", "check"),
    "failed": Look(lazy_gettext("failed"), "red", "alert-triangle"),
    "passed": Look(lazy_gettext("passed"), "green", "shield-lock"),
    "active": Look(lazy_gettext("active"), "green", "check"),
    "revoked": Look(lazy_gettext("revoked"), "secondary", "ban"),
}


def register(app: Flask, hub: Hub) -> None:
    """Give templates `state_look(state)` (the macro `badge` draws it) and `outcome_key(outcome)`."""
    app.jinja_env.globals.update(state_look=state_look, outcome_key=outcome_key)


def outcome_key(outcome: str) -> str:
    """The state to show for a message's outcome: a message whose campaign was cancelled was not sent."""
    return "message.cancelled" if outcome == "cancelled" else outcome


def state_look(state: str) -> Look:
    """A state's look; one that is not known here is shown as its own word, translated if it can be."""
    return _LOOKS.get(state) or Look(gettext(state), "secondary", "info-circle")
