"""From claimed messages to drafts: the frozen content, the recipient's fields, tokens. One batch at a time.

Contents and signing keys stay with the process between batches.
"""

from collections.abc import Sequence
from email.utils import formatdate
from functools import partial

from mailhub.address import domain_of
from mailhub.delivery.building import Draft, Ready, ToSign
from mailhub.delivery.freezing import Frozen, load_content
from mailhub.delivery.mime import Renderer, Urls, join
from mailhub.dkim import Signer, Unsigned, read_raw
from mailhub.domains import signer_for
from mailhub.hub import Hub
from mailhub.messages import Content, Source, Waiting

KEPT_CONTENTS = 200
"""Contents a process keeps ready; a mail that came whole counts as one."""
KEPT_BYTES = 64 * 2**20
"""Bytes of contents a process keeps: whole mails may be large, and each is kept with its signature beside it."""
SIGNER_LIFE = 30_000
"""Milliseconds after which a domain's keys are looked at again."""


class Prepared:
    """A content made ready: what it takes to build a message for one recipient."""

    def __init__(self, content: Content, account_id: int) -> None:
        self.id = content.id
        self.account_id = account_id
        self.from_domain = domain_of(content.from_address)
        self.whole = bytes(content.body) if content.kind == "mime" else b""
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
        self._signers: dict[tuple[int, str], tuple[int, Signer | None]] = {}
        self._base = hub.config.server.public_url.rstrip("/")
        self._second = (0, "")

    def ready(self, source: Source, batch: Sequence[Waiting]) -> list[Ready]:
        """The first of the batch's messages, each with what builds it; all of them unless whole mails make it too large.

        One query for all recipients' fields. At least one message, so that a batch always goes on.
        """
        keys = [each.recipient_key for each in batch if each.recipient_key]
        fields = self.hub.fields_of(source.account_id, keys) if keys else {}
        made: list[Ready] = []
        whole: dict[int, int] = {}
        for each in batch:
            if sum(whole.values()) > KEPT_BYTES:
                break
            content = self._content(each.content_id or source.content_id or 0, source.account_id)
            signer = self._signer(source.account_id, content.from_domain)
            if content.frozen is None:
                whole[content.id] = len(content.whole)
                made.append(self._whole(each, content, signer))
            else:
                made.append(self._personal(each, content, signer, fields.get(each.recipient_key, {})))
        return made

    def _whole(self, waiting: Waiting, content: Prepared, signer: Signer | None) -> Ready:
        def finish(signature: bytes) -> bytes:
            content.signed = (signer, signature + content.whole)
            return content.signed[1]

        def draft() -> Draft:
            if content.signed is not None and content.signed[0] is signer:
                return content.signed[1]
            return ToSign(signer, read_raw(content.whole), finish) if signer else finish(b"")

        return Ready(waiting, waiting.envelope_from or "", False, draft)

    def _personal(self, waiting: Waiting, content: Prepared, signer: Signer | None, fields: object) -> Ready:
        frozen = content.frozen
        assert frozen is not None
        language, _ = frozen.pick(waiting.language)
        renderer = content.renderers[language]
        urls = self._urls(content, frozen, waiting.id)

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

        return Ready(waiting, self._return_path(content, waiting.id), True, draft)

    def _date(self) -> str:
        """The Date header of this second."""
        second = int(self.hub.clock())
        if second != self._second[0]:
            self._second = (second, formatdate(second))
        return self._second[1]

    def _urls(self, content: Prepared, frozen: Frozen, message_id: int) -> Urls:
        token = self.hub.tokens.message(content.id, message_id)
        return Urls(
            unsubscribe=f"{self._base}/u/{token}",
            click_base=f"{self._base}/c/{token}",
            open_pixel=f"{self._base}/o/{token}.gif" if frozen.track_opens else "",
        )

    def _return_path(self, content: Prepared, message_id: int) -> str:
        """A return path of its own for each message (VERP), so that a bounce tells whose it is."""
        domain = self.hub.config.delivery.return_path_domain or content.from_domain
        return f"bounce+{self.hub.tokens.return_path(content.id, message_id)}@{domain}"

    def _content(self, content_id: int, account_id: int) -> Prepared:
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

    def _signer(self, account_id: int, domain: str) -> Signer | None:
        now = self.hub.ms()
        looked_at, signer = self._signers.get((account_id, domain), (0, None))
        if now - looked_at > SIGNER_LIFE:
            signer = signer_for(self.hub, account_id, domain)
            self._signers[account_id, domain] = (now, signer)
        return signer
