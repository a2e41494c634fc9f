"""Messages: the ledger of an account, and everything that is known of one message."""

from typing import Any

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue

from mailhub import tags
from mailhub.address import address_key
from mailhub.errors import NotFound
from mailhub.hub import Hub
from mailhub.messages import OUTCOMES, Content, Event, Kept, Message, Queued, Source, of_outcome
from mailhub.submitted import known_tags
from mailhub.web.auth import current_account, may, requires
from mailhub.web.first_steps import campaigns_page
from mailhub.web.paging import keyset

pages = Blueprint("messages", __name__)


def register(app: Flask, hub: Hub) -> None:
    """Add the pages."""
    app.register_blueprint(pages)


@pages.get("/messages")
@requires("messages.view")
def index() -> ResponseReturnValue:
    """What was sent, newest first; by outcome and by address."""
    outcome, address = request.args.get("outcome", ""), request.args.get("address", "").strip()
    tag = request.args.get("tag", "")
    query = Message.select().where(Message.account_id == current_account().id)
    if outcome in OUTCOMES:
        query = query.where(*of_outcome(outcome))
    if tag:
        query = query.where(Message.id.in_(tags.tagged(current_account().id, tag)))
    if address:
        query = query.where(Message.address_key == address_key(address))
    leaf = keyset(query, Message.id)
    return render_template(
        "core/messages.html",
        leaf=leaf,
        outcomes=OUTCOMES,
        outcome=outcome,
        tag=tag,
        tags=known_tags(current_account().id),
        tag_of=tags.of(row.id for row in leaf.rows),
        address=address,
        sources=_sources({row.source_id for row in leaf.rows}),
        subjects=_subjects({row.content_id for row in leaf.rows}),
        waiting=_waiting(),
        campaigns=campaigns_page(),
    )


def _sources(ids: set[int]) -> dict[int, Source]:
    found: dict[int, Source] = {row.id: row for row in Source.of(current_account()).where(Source.id.in_(ids or {0}))}
    return found


def _subjects(ids: set[int | None]) -> dict[int, str]:
    """Subjects of mail that came whole. A campaign's is a template, one a language: its name stands beside instead."""
    known = Content.of(current_account()).where(
        Content.id.in_({id_ for id_ in ids if id_} or {0}), Content.kind != "compiled"
    )
    return {row.id: row.subject for row in known.select(Content.id, Content.subject)}


def _waiting() -> int:
    count: int = Queued.select().join(Source).where(Source.account == current_account()).count()
    return count


@pages.get("/messages/<int:number>")
@requires("messages.view")
def show(number: int) -> ResponseReturnValue:
    """One message: what became of it, attempt by attempt, with the words of the servers."""
    waiting = _queued(number)  # first: what is settled between the two questions is found by the second
    message = None if waiting else Message.get_or_none(Message.id == number, Message.account_id == current_account().id)
    if message is None and waiting is None:
        raise NotFound("There is no message {number}: the list of messages shows those of this account.", number=number)
    one: Any = message or waiting
    return render_template(
        "core/message.html",
        message=message,
        one=one,
        source=_sources({one.source_id}).get(one.source_id),
        subject=_subjects({one.content_id}).get(one.content_id or 0, ""),
        events=list(Event.select().where(Event.message_id == number).order_by(Event.id)),
        tag=tags.of([number]).get(number, ""),
        kept=may("sandbox.view") and _kept(number),
    )


def _queued(number: int) -> Queued | None:
    row: Queued | None = (
        Queued.select().join(Source).where(Queued.id == number, Source.account == current_account()).first()
    )
    return row


def _kept(number: int) -> bool:
    return bool(Kept.select().where(Kept.id == number, Kept.account_id == current_account().id).exists())
