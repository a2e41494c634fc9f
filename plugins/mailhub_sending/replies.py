"""Replies: mail to `reply+TOKEN@…` is kept with its campaign and goes on to those who answer it; a keyword unsubscribes.

Everything of one mail is one transaction, and a row of its own tells a second coming.
"""

import logging
import zlib
from typing import NamedTuple

from mailhub import Hub, domains, outbox
from mailhub.accounts import Account
from mailhub.address import address_key, domain_of
from mailhub.alarm import sender_of
from mailhub.db import sql, transaction
from mailhub.delivery.freezing import load_content
from mailhub.errors import UserError
from mailhub.events import NewEvent
from mailhub.events import write as write_events
from mailhub.inbound import Mail
from mailhub.messages import HELD, OPEN, Content, Source
from mailhub.tokens import MessageToken
from mailhub.unsubscribing import Reader, find_reader, unsubscribe
from mailhub.vocabulary import Recipient
from mailhub_sending import forwarding, mailto, reply_reading
from mailhub_sending.events import AUTOREPLIED, REPLIED
from mailhub_sending.models import Campaign, Reply
from mailhub_sending.reply_reading import AUTOREPLY, REPLY, UNSUBSCRIBE, Letter, Mailbox
from mailhub_sending.reply_text import opening

SOURCE = "reply"
"""The kind of the sources forwarded replies come from: one for each account, stream `system`, never finished."""
MOST_FORWARDED, MOST_KEPT, MOST_OCTETS = 20, 100, 100 << 20
"""Replies to one message that are forwarded, and that are kept, in a day: a loop must end, and a flood fill no disk."""
SQUEEZED = 1 << 20
"""Octets from which a mail is kept as it is: compressing 25 MB would hold the database up for a second."""
DAY = 86_400_000
log = logging.getLogger(__name__)


class Sent(NamedTuple):
    """What a reply answers: the message's recipient, its campaign, its content, and the address it is answered at."""

    reader: Reader
    campaign: Campaign
    content: Content
    answered_at: str
    sender_name: str


def receive(hub: Hub, mail: Mail) -> bool | None:
    """Take a reply in, once however often it comes. None for other mail, and for what is no reply: a bounce, or an answer
    to a campaign that is gone."""
    token = mailto.read_reply(hub, mail.recipient)
    if token is None:
        return None
    with transaction():
        sent = _find(token)
        return _take(hub, mail, sent, reply_reading.read(mail)) if sent else None


def _find(token: MessageToken) -> Sent | None:
    reader = find_reader(token.message_id)
    source = Source.get_or_none(Source.id == reader.source_id) if reader else None
    if reader is None or source is None or source.kind not in ("campaign", "test"):
        return None
    campaign = Campaign.of(reader.account_id).where(Campaign.id == source.ref).first()
    content = Content.of(reader.account_id).where(Content.id == token.content_id).first()
    if campaign is None or content is None:
        return None
    frozen = load_content(content)
    written = frozen.languages[frozen.default]
    return Sent(reader, campaign, content, written.reply_to or written.from_address, written.from_name)


def _take(hub: Hub, mail: Mail, sent: Sent, letter: Letter) -> bool | None:
    message_id, account_id = sent.reader.message_id, sent.reader.account_id
    kind = reply_reading.kind_of(hub, account_id, mail, letter, sent.content.subject)
    if kind is None:
        return None
    if Reply.select().where(Reply.message_id == message_id, Reply.digest == letter.digest).exists():
        return True
    lately, octets = _lately(hub, message_id)
    if lately >= MOST_KEPT or octets >= MOST_OCTETS:
        log.warning("message %s had %s replies in a day, and no more are kept", message_id, lately)
        return True
    row = _keep(mail, sent, letter, kind)
    row.kept_here = _why_not(hub, mail, sent, letter, kind, lately)
    if not row.kept_here:
        _forward(hub, mail, sent, letter, row)
    row.save()
    _tell(hub, sent, letter, row)
    return True


def _lately(hub: Hub, message_id: int) -> tuple[int, int]:
    """How many replies to a message were kept in the last day, and their octets."""
    query = "SELECT count(*), coalesce(sum(size), 0) FROM replies WHERE message_id = ? AND received_at > ?"
    count, octets = sql(query, (message_id, hub.ms() - DAY)).fetchone()
    return int(count), int(octets)


def _keep(mail: Mail, sent: Sent, letter: Letter, kind: str) -> Reply:
    return Reply(
        account=sent.reader.account_id, campaign=sent.campaign.id, message_id=sent.reader.message_id,
        digest=letter.digest, kind=kind, test=sent.reader.test, recipient=sent.reader.address,
        sender=letter.author.address, sender_name=letter.author.name, subject=letter.subject,
        opening=opening(letter.own or letter.text), size=len(mail.content),
        content=zlib.compress(mail.content, 6 if len(mail.content) < SQUEEZED else 0),
        received_at=mail.received_at, confirmed=reply_reading.confirmed(mail),
    )  # fmt: skip


def _why_not(hub: Hub, mail: Mail, sent: Sent, letter: Letter, kind: str, lately: int) -> str:
    """Why a reply is not forwarded, as a slug; "" when it is."""
    if kind == UNSUBSCRIBE:
        return "unsubscribe"
    if kind == AUTOREPLY and not hub.setting(sent.reader.account_id, "sending.forward_autoreplies"):
        return "autoreply"
    if forwarding.is_ours(hub, letter.parts[0].header) or mailto.accept(hub, sent.answered_at):
        return "loop"
    if address_key(letter.author.address) == address_key(sent.answered_at):
        return "own"
    if reply_reading.is_refused(mail):
        return "unverified"
    return "too_many" if lately >= MOST_FORWARDED else ""


def _forward(hub: Hub, mail: Mail, sent: Sent, letter: Letter, row: Reply) -> None:
    """Hand the reply to the outbox as mail of the system: neither credit nor suppression keeps it back."""
    account_id, to = sent.reader.account_id, sent.answered_at
    sender = _sender(hub, sent)
    body = forwarding.write(hub, mail.content, letter, sender, to, sent.reader.message_id, row.confirmed is False)
    try:
        with transaction():
            content = Content.create(
                account=account_id, kind="mime", subject=letter.subject, from_address=sender.address, body=body,
                created_at=hub.ms(),
            )  # fmt: skip
            submitted = outbox.submit(hub, _source(hub, account_id), [Recipient(0, to)], content_id=content.id)
    except (outbox.Held, UserError) as error:
        log.warning("account %s: a reply could not be forwarded (%s)", account_id, error)
        row.kept_here = "held"
        return
    row.forwarded_to, row.forwarded_id = to, submitted.ids[0]


def _sender(hub: Hub, sent: Sent) -> Mailbox:
    """The address replies are forwarded from: the campaign's while its domain is the account's, else this server's."""
    account = Account.get_by_id(sent.reader.account_id)
    name = sent.sender_name or account.name
    address: str = sent.content.from_address
    if domains.may_write_from(hub, account.id, domain_of(address)):
        return Mailbox(address, name)
    return Mailbox(sender_of(hub), name)


def _source(hub: Hub, account_id: int) -> Source:
    found: Source | None = Source.of(account_id).where(Source.kind == SOURCE, Source.state.in_((OPEN, HELD))).first()
    return found or outbox.open_source(
        hub, account_id, SOURCE, "Forwarded replies", stream="system", started_at=hub.ms(), filling=True
    )


def _tell(hub: Hub, sent: Sent, letter: Letter, row: Reply) -> None:
    """Write the event, or unsubscribe whom the message was written to, whichever address they wrote from."""
    reader = sent.reader
    if row.kind == UNSUBSCRIBE:
        unsubscribe(hub, reader.message_id, sent.content.id, "mail")
        return
    kind = REPLIED if row.kind == REPLY else AUTOREPLIED
    values = {"reply": row.id, "from": letter.author.address, "subject": letter.subject}
    write_events([
        NewEvent(kind, reader.account_id, hub.ms(), reader.source_id, reader.message_id, text=row.opening, values=values)
    ])  # fmt: skip
