"""A mail that came with a login goes into the outbox: one content, one message for each recipient."""

from collections.abc import Iterable
from dataclasses import dataclass

from mailhub import outbox
from mailhub.accounts import SmtpCredential
from mailhub.address import domain_of
from mailhub.db import in_list, sql
from mailhub.errors import Forbidden
from mailhub.hub import Hub
from mailhub.inbound.repairing import Repaired
from mailhub.messages import Source
from mailhub.vocabulary import Recipient


@dataclass(frozen=True, slots=True)
class Letter:
    """What a login handed in: the envelope (addresses normalised, each recipient once) and the repaired mail."""

    credential: SmtpCredential
    sender: str
    recipients: tuple[str, ...]
    mail: Repaired


def submit(hub: Hub, letter: Letter) -> int:
    """Take a letter in, in the caller's transaction. Returns its queue id: that of its first message.

    Raises `Forbidden` when the login was revoked meanwhile or may not write from that domain, `outbox.Held` when a
    plugin lets nothing in now.
    """
    _require_login(letter.credential)
    _require_domains(hub, letter)
    source = _source(letter.credential)
    recipients = [Recipient(0, address) for address in letter.recipients]
    content_id = _keep(hub, letter)
    return outbox.submit(hub, source, recipients, content_id=content_id, envelope_from=letter.sender).ids[0]


def hold(hub: Hub, letter: Letter, held: outbox.Held) -> None:
    """Hold the login's source as a plugin asked, in the caller's transaction; not when it is only short of credit."""
    if isinstance(held, outbox.Short):
        return  # what was taken in is paid for and leaves; the program that submits hears to come again
    outbox.hold(hub, Source.get_by_id(letter.credential.source_id), held.reason, held.until)


def _require_login(credential: SmtpCredential) -> None:
    row = sql("SELECT revoked_at FROM smtp_credentials WHERE id = ?", (credential.id,)).fetchone()
    if row is None or row[0] is not None:
        raise Forbidden("The login {login} was revoked: use another one.", login=credential.login)


def _require_domains(hub: Hub, letter: Letter) -> None:
    """Every author's domain is the account's, or lies under one of its own. The sandbox lets newcomers try."""
    if hub.config.delivery.route == "sandbox":
        return
    for domain in dict.fromkeys(map(domain_of, letter.mail.authors)):
        if not _writes_from(letter.credential.account_id, domain):
            raise Forbidden(
                "This login may not write from {domain}: add the domain on the Domains page, or change the address "
                "in the From header.",
                domain=domain,
            )


def _writes_from(account_id: int, domain: str) -> bool:
    condition, names = in_list("name", list(_with_parents(domain)))
    query = f"SELECT 1 FROM domains WHERE account_id = ? AND {condition} LIMIT 1"
    return sql(query, [account_id, *names]).fetchone() is not None


def _with_parents(domain: str) -> Iterable[str]:
    labels = domain.split(".")
    return (".".join(labels[i:]) for i in range(len(labels) - 1))


def _source(credential: SmtpCredential) -> Source:
    """The login's source. By hand, as the next one: the ORM would take most of the time a mail needs here."""
    cursor = sql("SELECT * FROM sources WHERE id = ?", (credential.source_id,))
    names = [column[0] for column in cursor.description]
    return Source(**dict(zip(names, cursor.fetchone(), strict=True)))


def _keep(hub: Hub, letter: Letter) -> int:
    """Write the mail once for all its recipients; the id of its content."""
    row = sql(
        "INSERT INTO contents (account_id, kind, subject, from_address, body, links, created_at) "
        "VALUES (?, 'mime', ?, ?, ?, '[]', ?) RETURNING id",
        (letter.credential.account_id, letter.mail.subject, letter.mail.authors[0], letter.mail.content, hub.ms()),
    ).fetchone()
    return int(row[0])
