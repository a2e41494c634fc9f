"""A mail that came with a login goes into the outbox: one content, one message for each recipient."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mailhub import outbox, tags
from mailhub.accounts import SmtpCredential
from mailhub.address import domain_of
from mailhub.db import sql, sql_many
from mailhub.delivery import marking
from mailhub.domains import may_write_from, sender_for
from mailhub.errors import Forbidden, Sentence
from mailhub.hub import Hub
from mailhub.inbound.repairing import Repaired
from mailhub.inbound.sender import drop_vouchers, rewrite
from mailhub.messages import Asked, Source
from mailhub.vocabulary import Recipient


@dataclass(frozen=True, slots=True)
class Letter:
    """What a login handed in: the envelope (addresses normalised, each recipient once) and the repaired mail.

    `asked` holds what its submitter wishes to be told, for those recipients where anything was said (RFC 3461). `links` are
    the mail's links by number when it has slots to be followed by (see `marking`), else None.
    """

    credential: SmtpCredential
    sender: str
    recipients: tuple[str, ...]
    mail: Repaired
    asked: Mapping[str, Asked] = field(default_factory=dict)
    links: tuple[str, ...] | None = None


def follow(letter: Letter, *, opens: bool, clicks: bool) -> Letter:
    """The letter with slots for its opens and clicks, if it has HTML. Reads no table; takes a while for a large mail."""
    marked = marking.mark(letter.mail.content, opens=opens, clicks=clicks)
    if marked.mail == letter.mail.content:
        return letter
    return replace(letter, mail=letter.mail._replace(content=marked.mail), links=tuple(marked.links))


def submit(hub: Hub, letter: Letter) -> int:
    """Take a letter in, in the caller's transaction. Returns its queue id: that of its first message.

    Raises `Forbidden` when the login was revoked meanwhile or may not write from that domain, `outbox.Held` when a
    plugin lets nothing in now.
    """
    _require_login(letter.credential)
    letter = _with_own_vouchers(hub, _with_sender(hub, letter))
    source = _source(letter.credential)
    recipients = [Recipient(0, address) for address in letter.recipients]
    content_id = _keep(hub, letter)
    ids = outbox.submit(hub, source, recipients, content_id=content_id, envelope_from=letter.sender).ids
    if letter.asked:
        _keep_asked(letter, ids)
    if letter.mail.own.tag:
        tags.put(letter.credential.account_id, letter.mail.own.tag, ids)
    return ids[0]


def _keep_asked(letter: Letter, ids: range) -> None:
    rows = [
        (id_, *letter.asked[each]) for id_, each in zip(ids, letter.recipients, strict=True) if each in letter.asked
    ]
    sql_many("INSERT INTO envelopes (message_id, ret, envid, notify, orcpt) VALUES (?, ?, ?, ?, ?)", rows)


def hold(hub: Hub, letter: Letter, held: outbox.Held) -> None:
    """Hold the login's source as a plugin asked, in the caller's transaction; not when it is only short of credit."""
    if isinstance(held, outbox.Short):
        return  # what was taken in is paid for and leaves; the program that submits hears to come again
    outbox.hold(hub, Source.get_by_id(letter.credential.source_id), held.reason, held.until)


def _require_login(credential: SmtpCredential) -> None:
    row = sql("SELECT revoked_at FROM smtp_credentials WHERE id = ?", (credential.id,)).fetchone()
    if row is None or row[0] is not None:
        raise Forbidden("The login {login} was revoked: use another one.", login=credential.login)


def _with_sender(hub: Hub, letter: Letter) -> Letter:
    """The letter as it may leave: every author's domain is one the account may use, else its From is rewritten where
    the account chose that. Raises `Forbidden`."""
    account_id = letter.credential.account_id
    for author in dict.fromkeys(letter.mail.authors):
        refusal = Sentence(
            "This login may not write from {domain}: add the domain on the Domains page, or change the address "
            "in the From header.",
            domain=domain_of(author),
        )
        instead = sender_for(hub, account_id, author, refusal)
        if instead is not None:
            return replace(letter, mail=rewrite(letter.mail, instead.address))
    return letter


def _with_own_vouchers(hub: Hub, letter: Letter) -> Letter:
    """The letter without fields that name somebody of a domain that is not the account's as its sender."""
    account_id = letter.credential.account_id
    asked = letter.mail.vouchers.difference(map(domain_of, letter.mail.authors))
    strange = {each for each in asked if not may_write_from(hub, account_id, each)}
    return replace(letter, mail=drop_vouchers(letter.mail, strange)) if strange else letter


def _source(credential: SmtpCredential) -> Source:
    """The login's source. By hand, as the next one: the ORM would take most of the time a mail needs here."""
    cursor = sql("SELECT * FROM sources WHERE id = ?", (credential.source_id,))
    names = [column[0] for column in cursor.description]
    return Source(**dict(zip(names, cursor.fetchone(), strict=True)))


def _keep(hub: Hub, letter: Letter) -> int:
    """Write the mail once for all its recipients; the id of its content."""
    row = sql(
        "INSERT INTO contents (account_id, kind, subject, from_address, body, links, created_at, envelope_from) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (letter.credential.account_id, "mime" if letter.links is None else "marked", letter.mail.subject,
         letter.mail.authors[0], letter.mail.content, json.dumps(letter.links or []), hub.ms(), letter.sender),
    ).fetchone()  # fmt: skip
    return int(row[0])
