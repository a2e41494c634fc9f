"""THE CONTRACT: every hook a plugin may implement, one docstring each.

Three moods, told by the name: *I bring* (`register_…`, asked once at start), *I answer*, and *I am told* (`on_…`, after
the commit). What must be exact hangs on no telling: it follows the events (`events.follow`), which are rows and so never missed.
Hooks on the message path take batches: a million messages are not a million calls. Nobody speaks to the network while
answering. A hook is added in the commit of its first user.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click
    from apiflask import APIFlask
    from flask import Flask

    from mailhub.actions import Action
    from mailhub.hub import Hub
    from mailhub.inbound import Mail
    from mailhub.messages import Event, Source, Waiting
    from mailhub.permissions import Actor
    from mailhub.vocabulary import (
        Audience,
        Channel,
        EventKind,
        Hold,
        JobKind,
        MenuEntry,
        Notice,
        Permission,
        Quote,
        Recipient,
        Refuse,
        Schedule,
        Service,
        Setting,
        Stage,
    )  # fmt: skip
    from mailhub.web.tracking import Application

hookspec = pluggy.HookspecMarker("mailhub")
hookimpl = pluggy.HookimplMarker("mailhub")


# I bring ---------------------------------------------------------------------------------------------------------


@hookspec
def register_permissions() -> "list[Permission]":
    """The permissions the plugin checks, for the grid of roles and the documentation."""
    raise AssertionError


@hookspec
def register_events() -> "list[EventKind]":
    """The kinds of event the plugin tells."""
    raise AssertionError


@hookspec
def register_settings() -> "list[Setting]":
    """The settings an account may change, with their defaults."""
    raise AssertionError


@hookspec
def register_actions() -> "list[Action]":
    """What can be asked of the plugin, once for all doors."""
    raise AssertionError


@hookspec
def register_jobs() -> "list[JobKind]":
    """The kinds of background work the plugin does, in slices."""
    raise AssertionError


@hookspec
def register_schedules() -> "list[Schedule]":
    """What the elected scheduler calls every so many seconds."""
    raise AssertionError


@hookspec
def register_services() -> "list[Service]":
    """What runs all the time, once: in a thread of its own in the elected scheduler's process.

    Started and stopped with the election, and started again when it ends or fails. Its modules are imported in `run`'s
    body: every process registers, one runs.
    """
    raise AssertionError


@hookspec
def register_commands() -> "list[click.Command]":
    """Commands of `mailhub …`. Asked when a word is no command of the core; `context.obj` is the configuration.

    A command goes before the short forms of actions (`mailhub campaigns pause`), so it is not named as an area of them.
    """
    raise AssertionError


@hookspec
def register_routes(hub: "Hub", app: "Flask") -> None:
    """Add the plugin's pages (a blueprint) to the application. Called in the web process only."""


@hookspec
def register_api(hub: "Hub", api: "APIFlask") -> None:
    """Add the plugin's endpoints to `/api/v1`, with `mailhub.web.endpoints`. Called in the web process only.

    What is added is in the OpenAPI document; whoever asks is `mailhub.web.api.current_actor()`.
    """
    raise AssertionError


@hookspec
def register_mounts(hub: "Hub") -> "Mapping[str, Application]":
    """The plugin's own WSGI applications, each under its prefix, such as `/mobile/v1`. Called in the web process only.

    Tracking and /metrics come before them, the pages after. `mailhub.web.problems.register(app)` gives an application
    the errors of `/api/v1`; it closes the database itself at the end of a request (`mailhub.db.close_database`).
    """
    raise AssertionError


# I answer --------------------------------------------------------------------------------------------------------


@hookspec
def menu_items(hub: "Hub", actor: "Actor") -> "list[MenuEntry]":
    """Lines of the sidebar, each under the entry it belongs to."""
    raise AssertionError


@hookspec
def dashboard_panels(hub: "Hub", actor: "Actor") -> "list[tuple[int, str]]":
    """Panels of the dashboard as (position, HTML), lowest position first."""
    raise AssertionError


@hookspec
def sandbox_panels(hub: "Hub", actor: "Actor") -> "list[tuple[int, str]]":
    """What else was kept instead of sent, on the Sandbox page under its mail: (position, HTML), lowest position first."""
    raise AssertionError


@hookspec
def alert_channels(hub: "Hub") -> "list[Channel]":
    """The ways besides mail by which users may be told what happens: SMS, a chat, a phone."""
    raise AssertionError


@hookspec(firstresult=True)
def deliver_messages(hub: "Hub", channel: str, messages: "Sequence[Notice]") -> bool | None:
    """Take messages for a channel other than e-mail. True when taken, None when the channel is not this plugin's.

    Called in the transaction that made them: write them down there, and send them afterwards, so that none is lost and
    none comes twice. Whom the channel cannot reach now is left out in silence.
    """


@hookspec
def list_audiences(hub: "Hub", account: int) -> "list[Audience]":
    """The sets of recipients an account can choose from. Keys begin with the plugin's own word: `list:3`."""
    raise AssertionError


@hookspec(firstresult=True)
def audience_recipients(
    hub: "Hub", account: int, include: Sequence[str], exclude: Sequence[str], after: int, limit: int
) -> "list[Recipient] | None":
    """The next `limit` recipients in any of `include` and none of `exclude`, by key, with keys above `after`.

    Each address once over all pages. None when the keys are not this plugin's, or what one of them names (also one of
    `exclude`) is not there any more: then nothing may be sent. The first answer stands.
    """


@hookspec(firstresult=True)
def audience_count(hub: "Hub", account: int, include: Sequence[str], exclude: Sequence[str]) -> int | None:
    """How many recipients `audience_recipients` would bring in all. None when the keys are not this plugin's."""


@hookspec(firstresult=True)
def recipient_fields(hub: "Hub", account: int, keys: Sequence[int]) -> "Mapping[int, Mapping[str, str]] | None":
    """What is known of these recipients, for personalisation: key → name → text. Asked when the mail leaves."""


@hookspec
def admit_messages(
    hub: "Hub", source: "Source", messages: "Sequence[Waiting]", stage: "Stage"
) -> "Mapping[int, Refuse] | Hold | None":
    """May these messages leave? Per message id a `Refuse` (permanent), for the whole source a `Hold`, else None.

    Asked when they are submitted and again when they are claimed. Reads tables only. **Fails closed**: if it raises,
    nothing leaves and the source is held in the plugin's name.
    """


@hookspec
def reserve(hub: "Hub", source: "Source", count: int) -> "Hold | None":
    """Set aside what `count` more messages of a source cost. None when that is done, or nothing is charged; else a `Hold`.

    Asked once a page, inside the transaction that submits it, of those that were admitted: what you write is rolled back
    with the page. A hold's `room` says how many may be taken in all the same; the rest waits until the source is opened
    (`outbox.open_again`, or the hold's `until`). What is charged or given back in the end follows the events. **Fails
    closed**: if it raises, nothing is taken in.
    """


@hookspec(firstresult=True)
def quote(hub: "Hub", account: int, channel: str, count: int) -> "Quote | None":
    """What `count` messages would cost an account now, for a page that asks before it sends. None when nothing is charged.

    `channel` is `mail`. Reads tables only, reserves nothing.
    """


@hookspec(firstresult=True)
def accept_recipient(hub: "Hub", sender: str, recipient: str) -> bool | None:
    """Is mail from elsewhere to this address taken? Asked at RCPT; None when it is not this plugin's address.

    By the address alone, and quickly: the other server waits. Return paths, complaints and postmasters are never asked about.
    """


@hookspec(firstresult=True)
def receive_mail(hub: "Hub", mail: "Mail") -> bool | None:
    """Take a mail whose recipient was accepted. True when taken, None when it is not this plugin's.

    Called by the engine, soon after the sender heard 250, once for each recipient, in the transaction that takes the mail
    away: what you write is written once, whatever dies. `mail.verdicts` say who it is from; the first field of its
    content says so too (Authentication-Results). A `UserError` keeps the mail for staff with its sentence; anything else
    raised is tried again, and kept for staff at the third time.
    """


# I am told -------------------------------------------------------------------------------------------------------


@hookspec
def on_events(hub: "Hub", events: "Sequence[Event]") -> None:
    """What happened, in order and in batches, soon after its commit: events about no single message (`message_id` 0).

    Each is told once and by one process; a crash may leave some untold, so nothing exact hangs on it. A plugin that fails
    is logged by its name and the others are told. Told between two sweeps: write rows, never speak to the network. Who
    wants deliveries, opens or clicks follows them with a cursor of its own (`events.follow` in a schedule), in batches.
    """
    raise AssertionError
