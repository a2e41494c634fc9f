"""From claimed messages to drafts: the frozen content, the recipient's fields, tokens. One batch at a time.

Contents and signing keys stay with the process between batches.
"""

from collections.abc import Callable, Sequence
from email.utils import formatdate
from functools import partial
from typing import NamedTuple

from mailhub.accounts import OPERATOR
from mailhub.address import domain_of
from mailhub.delivery.building import Draft, Ready, ToSign
from mailhub.delivery.freezing import Frozen, load_content
from mailhub.delivery.marking import fill
from mailhub.delivery.mime import Renderer, Urls, join
from mailhub.delivery.smtp_words import Dsn
from mailhub.delivery.wishes import wishes
from mailhub.dkim import Signer, Unsigned, read_raw
from mailhub.domains import is_others, link_base_for, mail_host_for, may_write_from, return_path_for, signer_for
from mailhub.errors import Forbidden, Sentence
from mailhub.hub import Hub
from mailhub.messages import Content, Source, Waiting

KEPT_CONTENTS = 200
"""Contents a process keeps ready; a mail that came whole counts as one."""
KEPT_BYTES = 64 * 2**20
"""Bytes of contents a process keeps: whole mails may be large, and each is kept with its signature beside it."""
KEPT_SENDERS = 10_000
"""Domains a process keeps what it knows of: envelopes may name any."""
SENDER_LIFE = 30_000
"""Milliseconds after which a domain's keys, its return path and its links are looked at again."""
BARRED_LIFE = 1_000
"""The same where nothing may leave from it: a domain that was just proved is not waited for."""


class Sender(NamedTuple):
    """What a domain's mail leaves with: its signer, where bounces go, where links begin. `host` is the domain of addresses
    that lead to this server, or "". `barred`: why none may leave."""

    signer: Signer | None
    return_path: str
    base: str
    host: str
    barred: Sentence | None


class Prepared:
    """A content made ready: what it takes to build a message for one recipient."""

    def __init__(self, content: Content, account_id: int) -> None:
        self.id = content.id
        self.account_id = account_id
        self.from_domain = domain_of(content.from_address)
        self.whole = bytes(content.body) if content.kind != "compiled" else b""
        self.parts = self.whole.split(b"\0") if content.kind == "marked" else []
        self.signed: tuple[Signer | None, bytes] | None = None
        self.frozen: Frozen | None = None
        self.renderers: dict[str, Renderer] = {}
        if content.kind == "compiled":
            self.frozen = load_content(content)
            feedback = f"{content.id}:{account_id}:mailhub"
            self.renderers = {
                language: Renderer(compiled, language=language, feedback_id=feedback)
                for language, compiled in self.frozen.languages.items()
            }


class Composer:
    """Makes batches ready. One per process, used from one thread."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._contents: dict[int, Prepared] = {}
        self._senders: dict[tuple[int, str], tuple[int, Sender]] = {}
        self._second = (0, "")

    def ready(self, source: Source, batch: Sequence[Waiting]) -> list[Ready]:
        """The first of the batch's messages, each with what builds it; all of them unless whole mails make it too large.

        One query for all recipients' fields. At least one message, so that a batch always goes on.
        """
        keys = [each.recipient_key for each in batch if each.recipient_key]
        fields = self.hub.fields_of(source.account_id, keys) if keys else {}
        asked = wishes([each.id for each in batch]) if source.kind == "smtp" else {}
        of_server = source.stream == "system"  # notices and the like, mostly from the server's own name
        made: list[Ready] = []
        whole: dict[int, int] = {}
        for each in batch:
            if sum(whole.values()) > KEPT_BYTES:
                break
            content = self.content(each.content_id or source.content_id or 0, source.account_id)
            sender = self._sender(source.account_id, content.from_domain)
            if of_server and sender.signer is None:
                sender = self._sender(OPERATOR, content.from_domain)
            if sender.barred is not None and not of_server:
                made.append(_barred(each, sender.barred))
            elif content.frozen is None:
                whole[content.id] = len(content.whole)
                work = self._marked if content.parts else self._whole
                made.append(work(each, content, sender, asked.get(each.id)))
            else:
                made.append(self._personal(each, content, sender, fields.get(each.recipient_key, {})))
        return made

    def _whole(self, waiting: Waiting, content: Prepared, sender: Sender, dsn: Dsn | None) -> Ready:
        signer = sender.signer

        def finish(signature: bytes) -> bytes:
            content.signed = (signer, signature + content.whole)
            return content.signed[1]

        def draft() -> Draft:
            if content.signed is not None and content.signed[0] is signer:
                return content.signed[1]
            return ToSign(signer, read_raw(content.whole), finish) if signer else finish(b"")

        return self._asked(waiting, self._sender_of(waiting, content, sender), draft, dsn)

    def _marked(self, waiting: Waiting, content: Prepared, sender: Sender, dsn: Dsn | None) -> Ready:
        """A whole mail with slots: each recipient's has links and a pixel of its own, and so its own signature."""
        token = self.hub.tokens.message(content.id, waiting.id)

        def draft() -> Draft:
            mail = fill(content.parts, f"{sender.base}/c/{token}", f"{sender.base}/o/{token}.gif")
            if sender.signer is None:
                return mail
            return ToSign(sender.signer, read_raw(mail), lambda signature: signature + mail)

        return self._asked(waiting, self._sender_of(waiting, content, sender), draft, dsn)

    def _asked(self, waiting: Waiting, envelope_from: str, draft: Callable[[], Draft], dsn: Dsn | None) -> Ready:
        """A mail that came whole. Where its submitter's address does not leave, none but us can tell them of success."""
        if dsn is not None and envelope_from != waiting.envelope_from:
            dsn = dsn.without("SUCCESS")
        return Ready(waiting, envelope_from, False, draft, dsn)

    def _sender_of(self, waiting: Waiting, content: Prepared, sender: Sender) -> str:
        """The envelope's sender: as it was submitted while its domain is the account's, else a return path of our own."""
        given = waiting.envelope_from
        if given == "" or (given is not None and self._is_own(content, given.rpartition("@")[2])):
            return given
        return self._return_path(content, waiting.id, sender.return_path)

    def _is_own(self, content: Prepared, domain: str) -> bool:
        """Whether a content's account may name a domain in the envelope: else bounces would reach strangers."""
        return domain == content.from_domain or self._sender(content.account_id, domain).barred is None

    def _personal(self, waiting: Waiting, content: Prepared, sender: Sender, fields: object) -> Ready:
        frozen, signer = content.frozen, sender.signer
        assert frozen is not None
        language, _ = frozen.pick(waiting.language)
        renderer = content.renderers[language]
        urls = self._urls(content, frozen, waiting.id, sender)

        def draft() -> Draft:
            headers, body = renderer.render(
                fields,  # type: ignore[arg-type]
                to=waiting.address,
                message_id_header=f"<{waiting.id}.{content.id}@{content.from_domain}>",
                date=self._date(),
                urls=urls,
            )
            if signer is None:
                return join(headers, body)
            return ToSign(signer, Unsigned(headers, body, True), partial(join, headers, body))

        return Ready(waiting, self._return_path(content, waiting.id, sender.return_path), True, draft)

    def _date(self) -> str:
        """The Date header of this second."""
        second = int(self.hub.clock())
        if second != self._second[0]:
            self._second = (second, formatdate(second))
        return self._second[1]

    def _urls(self, content: Prepared, frozen: Frozen, message_id: int, sender: Sender) -> Urls:
        tokens, base, host = self.hub.tokens, sender.base, sender.host
        token = tokens.message(content.id, message_id)
        return Urls(
            unsubscribe=f"{base}/u/{token}",
            click_base=f"{base}/c/{token}",
            open_pixel=f"{base}/o/{token}.gif" if frozen.track_opens else "",
            leave=f"unsubscribe+{tokens.leave(content.id, message_id)}@{host}" if host else "",
            reply=f"reply+{tokens.reply(content.id, message_id)}@{host}" if host and frozen.replies else "",
        )

    def _return_path(self, content: Prepared, message_id: int, domain: str) -> str:
        """A return path of its own for each message (VERP), so that a bounce tells whose it is."""
        return f"bounce+{self.hub.tokens.return_path(content.id, message_id)}@{domain}"

    def content(self, content_id: int, account_id: int) -> Prepared:
        """A content of an account, compiled or whole; kept for the next who asks."""
        found = self._contents.get(content_id)
        if found is None:
            found = Prepared(Content.get_by_id(content_id), account_id)
            self._make_room(len(found.whole))
            self._contents[content_id] = found
        return found

    def _make_room(self, size: int) -> None:
        """Forget the oldest contents until one more of `size` bytes fits in; the newest is always taken."""
        size += sum(len(each.whole) for each in self._contents.values())
        while self._contents and (len(self._contents) >= KEPT_CONTENTS or size > KEPT_BYTES):
            size -= len(self._contents.pop(next(iter(self._contents))).whole)

    def _sender(self, account_id: int, domain: str) -> Sender:
        now, hub = self.hub.ms(), self.hub
        looked_at, sender = self._senders.get((account_id, domain), (0, None))
        if sender is None or now - looked_at > (SENDER_LIFE if sender.barred is None else BARRED_LIFE):
            sender = Sender(
                signer_for(hub, account_id, domain), return_path_for(hub, account_id, domain),
                link_base_for(hub, account_id, domain), mail_host_for(hub, account_id, domain),
                _bar(hub, account_id, domain),
            )  # fmt: skip
            if len(self._senders) >= KEPT_SENDERS:
                self._senders.clear()
            self._senders[account_id, domain] = (now, sender)
        return sender


def _bar(hub: Hub, account_id: int, domain: str) -> Sentence | None:
    """Why nothing leaves from a domain for an account: it was never proved, is no longer there, or is somebody else's."""
    if is_others(hub, account_id, domain):
        return Sentence("{domain} belongs to another account of this server, so nothing leaves from it.", domain=domain)
    if not may_write_from(hub, account_id, domain):
        return Sentence(
            "This account may not write from {domain}, so nothing leaves from it: add it on the Domains page and prove it.",
            domain=domain,
        )
    return None


def _barred(waiting: Waiting, reason: Sentence) -> Ready:
    """A message from a domain that its account may not write from, or not any more since it was taken in."""

    def draft() -> Draft:
        raise Forbidden(reason)

    return Ready(waiting, waiting.envelope_from or "", False, draft)
