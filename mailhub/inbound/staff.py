"""What staff do with the mail that was kept for them: list it, read it, try it again, send it on, delete it."""

from typing import Any, NamedTuple

from marshmallow import fields, validate

from mailhub.actions import Action, Arguments, argument
from mailhub.address import REASONS as WRONG
from mailhub.address import check, normalise
from mailhub.db import in_list, sql, transaction
from mailhub.errors import Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.inbound import forwarding
from mailhub.inbound.arrivals import Arrival, ArrivedMail, remove
from mailhub.messages import NEVER
from mailhub.parts import Part, parts_of, words
from mailhub.permissions import Actor

FIELDS, VALUE, TEXT = 100, 2000, 50_000
"""Header fields, characters of each and of the text that are shown."""
SEVERAL = 500


class Kept(NamedTuple):
    """One mail kept for staff, without its bytes."""

    id: int
    mail_id: int
    sender: str
    recipient: str
    subject: str
    why: str
    told: Any
    size: int
    received_at: int
    peer: str
    helo: str


_KEPT = (
    Arrival.select(
        Arrival.id, Arrival.mail_id, ArrivedMail.sender, Arrival.recipient, Arrival.subject, Arrival.kept, Arrival.told,
        ArrivedMail.size, ArrivedMail.received_at, ArrivedMail.peer, ArrivedMail.helo,
    ).join(ArrivedMail, on=Arrival.mail_id == ArrivedMail.id).where(Arrival.due_at == NEVER)
)  # fmt: skip


def listed(why: str, before: int | None, limit: int) -> list[Kept]:
    """Kept mail, newest first, with numbers below `before`; `why` is a key of `keeping.REASONS` or "" for any."""
    query = _KEPT
    if why:
        query = query.where(Arrival.kept == why)
    if before is not None:
        query = query.where(Arrival.id < before)
    rows: Any = query.order_by(Arrival.id.desc()).limit(limit).tuples()
    return [Kept(*row) for row in rows]


def find(number: int) -> Kept:
    """One kept mail. Raises `NotFound`."""
    row: Any = _KEPT.where(Arrival.id == number).tuples().first()
    if row is None:
        raise NotFound("No received mail {number} is kept: it was deleted, or understood meanwhile.", number=number)
    return Kept(*row)


def content_of(kept: Kept) -> bytes:
    """The mail byte for byte, our Received line on top."""
    return bytes(sql("SELECT content FROM arrived_mails WHERE id = ?", (kept.mail_id,)).fetchone()[0])


class View(NamedTuple):
    """What may be shown of a mail: text only, whatever it holds. `parts` are (name, kind, octets) of all but the shown one."""

    fields: list[tuple[str, str]]
    text: str
    parts: list[tuple[str, str, int]]


def view(content: bytes) -> View:
    """Take a mail apart for a page. Bounded, and never an error."""
    parts = parts_of(content)
    shown = _shown(parts)
    header = [(each.name, words(each.value)[:VALUE]) for each in parts[0].header.fields[:FIELDS]]
    others = [
        (each.name[:VALUE], each.kind[:100], len(each.raw))
        for each in parts
        if each is not shown and not each.kind.startswith("multipart/")
    ]
    return View(header, shown.text[:TEXT].replace("\0", "") if shown else "", others[:FIELDS])


def _shown(parts: list[Part]) -> Part | None:
    """The first text; HTML, as its source, only where there is no other."""
    texts = [each for each in parts if each.kind.startswith("text/") and each.raw.strip()]
    return next((each for each in texts if each.kind != "text/html"), texts[0] if texts else None)


class ListKept(Arguments):
    why = argument(fields.String, "only those kept for this reason, such as staff or failed", load_default="")
    before = argument(fields.Integer, "a number: go on with older ones", load_default=None)
    limit = argument(
        fields.Integer,
        "how many, 500 at most",
        load_default=50,
        validate=validate.Range(1, SEVERAL, error=Sentence("The limit is a whole number from 1 to 500.")),
    )


class WhichKept(Arguments):
    mail = argument(fields.Integer, "the mail's number", required=True)


class DeleteKept(Arguments):
    mail = argument(fields.Integer, "the mail's number", load_default=None)
    why = argument(fields.String, "all those kept for this reason instead", load_default="")


class ForwardKept(WhichKept):
    to = argument(fields.String, "e-mail address", required=True)


def told(each: Kept) -> dict[str, Any]:
    """A kept mail for other doors; its number as text, since it has 64 bits."""
    return {
        "number": str(each.id), "from": each.sender, "to": each.recipient, "subject": each.subject, "why": each.why,
        "told": str(each.told or ""), "size": each.size, "received_at": each.received_at, "peer": each.peer,
    }  # fmt: skip


def _list(hub: Hub, actor: Actor, why: str, before: int | None, limit: int) -> dict[str, Any]:
    found = listed(why, before, limit)
    return {"mails": [told(each) for each in found], "next": str(found[-1].id) if len(found) == limit else None}


def _show(hub: Hub, actor: Actor, mail: int) -> dict[str, Any]:
    kept = find(mail)
    seen = view(content_of(kept))
    parts = [{"name": name, "kind": kind, "octets": octets} for name, kind, octets in seen.parts]
    return {**told(kept), "header": seen.fields, "text": seen.text, "parts": parts}


def _retry(hub: Hub, actor: Actor, mail: int) -> dict[str, Any]:
    kept = find(mail)
    with transaction():
        Arrival.update(kept="", told="", attempts=0, due_at=hub.ms()).where(
            Arrival.id == kept.id, Arrival.due_at == NEVER
        ).execute()
    return {"number": str(mail), "to": kept.recipient}


def _delete(hub: Hub, actor: Actor, mail: int | None, why: str) -> dict[str, Any]:
    if (mail is None) == (not why):
        wrong = {"mail": Sentence("Give a number, or a reason whose mails are deleted.")}
        raise Invalid(fields=wrong)
    some = [find(mail)] if mail is not None else listed(why, None, SEVERAL)
    with transaction():
        condition, parameters = in_list("id", [each.id for each in some] or [0])
        rows = sql(
            f"SELECT id, mail_id FROM arrivals WHERE {condition} AND due_at = ?", (*parameters, NEVER)
        ).fetchall()
        remove([id_ for id_, _ in rows], [mail_id for _, mail_id in rows])
    return {"deleted": len(rows), "more": len(some) == SEVERAL}


def _forward(hub: Hub, actor: Actor, mail: int, to: str) -> dict[str, Any]:
    target, kept = normalise(to), find(mail)
    if (reason := check(target)) is not None:
        wrong = {"to": WRONG[reason]}
        raise Invalid(fields=wrong)
    message = forwarding.send(hub, kept.sender, kept.recipient, content_of(kept), kept.subject, target)
    return {"number": str(mail), "to": target, "message": str(message)}


ACTIONS: tuple[Action, ...] = (
    Action("received.list", "List received mail kept for staff", "received.view", _list, ListKept, changes=False),
    Action("received.show", "Show a received mail", "received.view", _show, WhichKept, changes=False, target="mail"),
    Action("received.retry", "Read a received mail again", "received.edit", _retry, WhichKept, target="mail"),
    Action("received.forward", "Send a received mail on", "received.edit", _forward, ForwardKept, target="mail"),
    Action("received.delete", "Delete received mail", "received.edit", _delete, DeleteKept, confirm=True),
)
