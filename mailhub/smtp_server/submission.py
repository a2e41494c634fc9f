"""The submission listener: a login first, then mail from its own domains to anybody."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from mailhub import outages, outbox, smtp_limits, submission_access, submitted
from mailhub.accounts import SmtpCredential
from mailhub.address import REASONS, check, normalise
from mailhub.db import now_ms
from mailhub.inbound import submitting
from mailhub.inbound.repairing import repair
from mailhub.inbound.trace import received
from mailhub.messages import Asked
from mailhub.smtp_server import asked, auth
from mailhub.smtp_server.conversation import Conversation
from mailhub.smtp_server.replies import Refused
from mailhub.smtp_server.shared import Shared

WRONG_LOGIN_DELAY = 1.0
"""Seconds a stranger waits for the answer to a wrong login."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class Submission(Conversation):
    """A conversation with a program that hands in mail."""

    def __init__(self, shared: Shared, peer: str) -> None:
        super().__init__(shared, peer)
        self.commands["AUTH"] = self._auth
        self._asked = Asked()
        self._asked_of: dict[str, Asked] = {}
        self._tracking = (False, False)

    @property
    def credential(self) -> SmtpCredential | None:
        """Who signed in; the session forgets it at STARTTLS (RFC 3207 section 4.2)."""
        found: SmtpCredential | None = getattr(self.session, "auth_data", None)
        return found

    @property
    def is_known(self) -> bool:
        """Whether somebody signed in."""
        return self.credential is not None

    def _extensions(self) -> list[str]:
        offered = [*super()._extensions(), "DSN"]
        return [*offered, "AUTH PLAIN LOGIN"] if auth.may_authenticate(self.peer, self.secure) else offered

    def _known_parameters(self) -> frozenset[str]:
        # RFC 4954 section 5: AUTH is taken, and believed of nobody
        return super()._known_parameters() | asked.OF_MAIL | {"AUTH"}

    def _check_parameters(self, given: dict[str, str]) -> None:
        super()._check_parameters(given)
        self._asked = asked.of_mail(given) if given else Asked()

    def _check_recipient_parameters(self, given: dict[str, str]) -> None:
        if given:
            asked.of_recipient(given, self._asked)

    def _note_recipient(self, recipient: str, parameters: dict[str, str]) -> None:
        wished = asked.of_recipient(parameters, self._asked) if parameters else self._asked
        if any(wished):
            self._asked_of[recipient] = wished

    def _forget(self) -> None:
        super()._forget()
        self._asked_of = {}

    def _may_begin(self) -> None:
        if self.credential is None:
            raise Refused(530, "5.7.0", "Sign in first: AUTH with an SMTP login of your account.")
        self._require_open(self.credential)
        self._require_room(1, 451, "4.7.1")

    def _require_open(self, credential: SmtpCredential, *, close: bool = True) -> None:
        """A login that a person banned is closed to everybody, also within a conversation. Raises `Refused`."""
        if self.shared.guard.is_shut(credential.login, now_ms()):
            sentence = "This login is banned here for a while: ask whoever runs this server."
            raise Refused(421 if close else 454, "4.7.0", sentence, close=close)

    def _require_room(self, recipients: int, code: int, enhanced: str) -> None:
        """A mail to so many recipients must be within the login's limits. Raises `Refused`."""
        assert self.credential is not None
        limits = self.shared.meter.limits.get(self.credential.id)
        if limits is not None and any(limits):
            refusal = self.shared.meter.refusal(self.credential.id, limits, recipients, now_ms())
            if refusal:
                raise Refused(code, enhanced, refusal)

    async def _auth(self, argument: str) -> None:
        assert self.session is not None
        self._may_sign_in()
        self._require_wait("AUTH")  # RFC 4954 section 4: it ends a group of commands
        mechanism, _, initial = argument.partition(" ")
        login, password = await self._credentials(mechanism.upper(), initial.strip())
        credential = await self._look_up(partial(submission_access.check, login, password))
        if credential is None:
            raise await self._wrong_login(login)
        self._require_place(credential)
        limits = smtp_limits.limits_on(self.shared.hub, credential)
        uses, self._tracking = await self._look_up(partial(_begin, credential, self.peer, limits))
        self.shared.meter.learn(uses)
        self.shared.meter.limits[credential.id] = limits
        setattr(self.session, "auth_data", credential)  # noqa: B010 - aiosmtpd types it as None
        self.login_id = credential.id
        self.say(235, "2.7.0", "Signed in.")

    async def _wrong_login(self, login: str) -> Refused:
        guard = self.shared.guard
        if not guard.is_trusted(self.peer):
            await asyncio.sleep(WRONG_LOGIN_DELAY)
        close = guard.wrong_login(self.peer, login, now_ms())
        sentence = "This login and password do not belong together: check both."
        return Refused(535, "5.7.8", sentence, close=close)

    def _require_place(self, credential: SmtpCredential) -> None:
        """A login may be used from its networks only, and while it is being guessed at, from where it was used last."""
        if not submission_access.may_come_from(credential, self.peer):
            raise Refused(535, "5.7.8", "This login may not be used from your address: change its networks.")
        self._require_open(credential, close=False)  # a program may try its other words before it gives up
        guard = self.shared.guard
        is_at_home = guard.is_trusted(self.peer) or (self.peer and self.peer == credential.used_from)
        if guard.is_closed(credential.login, now_ms()) and not is_at_home:
            raise Refused(454, "4.7.0", "This login is being guessed at and closed for a while: try again later.")

    async def _look_up(self, question: Callable[[], T]) -> T:
        try:
            return await self.shared.ask(question)
        except Exception as error:
            if (outage := outages.find(error)) is None:
                raise
            log.exception("a login could not be looked up")
            raise Refused(454, "4.7.0", str(outage.value)) from error  # RFC 4954 section 6: try again later

    def _may_sign_in(self) -> None:
        self._require_hello()
        if not auth.may_authenticate(self.peer, self.secure):
            raise Refused(538, "5.7.11", "Passwords are taken under TLS only: send STARTTLS first.")
        if self.credential is not None or self.busy:
            raise Refused(503, "5.5.1", "You are signed in already." if self.credential else "Send RSET first.")

    async def _credentials(self, mechanism: str, initial: str) -> tuple[str, str]:
        if mechanism == "PLAIN":
            return auth.plain(auth.decode(initial or await self._challenge("")))
        if mechanism == "LOGIN":
            login = auth.decode(initial or await self._challenge("VXNlcm5hbWU6"))  # Username:
            return login, auth.decode(await self._challenge("UGFzc3dvcmQ6"))  # Password:
        raise Refused(504, "5.5.4", "PLAIN and LOGIN are offered here.")

    async def _challenge(self, words: str) -> str:
        await self.push(f"334 {words}")
        return (await self.incoming.line()).decode("ascii", "replace").strip()

    async def _take_recipient(self, address: str) -> str:
        recipient = normalise(address)
        if (reason := check(recipient)) is not None:
            raise Refused(553, "5.1.3", f"{REASONS[reason]} Correct the recipient's address.")
        assert self.envelope is not None
        self._require_room(len(self.envelope.rcpt_tos) + 1, 452, "4.5.3")
        return recipient

    async def _take(self, content: bytes) -> str:
        letter = await self._follow(self._letter(content))
        self._require_open(letter.credential)
        self._count(len(letter.recipients))
        try:
            number = await self.shared.committer.commit(partial(submitting.submit, self.shared.hub, letter))
        except outbox.Held as held:
            await self.shared.committer.commit(partial(submitting.hold, self.shared.hub, letter, held))
            raise Refused(451, "4.7.1", f"This login must wait ({held.reason}): try again later.") from held
        return f"queued as {number}"

    async def _follow(self, letter: submitting.Letter) -> submitting.Letter:
        """The letter with slots for its opens and clicks, where it or the account asks for that."""
        own, usual = letter.mail.own, self._tracking
        opens = usual[0] if own.opens is None else own.opens
        clicks = usual[1] if own.clicks is None else own.clicks
        if not (opens or clicks):
            return letter
        return await self.shared.ask(partial(submitting.follow, letter, opens=opens, clicks=clicks))

    def _count(self, recipients: int) -> None:
        """Other conversations of the login may have used up its limits meanwhile. Raises `Refused`."""
        assert self.credential is not None
        self._require_room(recipients, 451, "4.7.1")
        if any(self.shared.meter.limits.get(self.credential.id, ())):
            self.shared.meter.count(self.credential.id, recipients, now_ms())

    def _letter(self, content: bytes) -> submitting.Letter:
        assert self.envelope is not None
        assert self.credential is not None
        now, recipients = self.shared.hub.now(), self.envelope.rcpt_tos
        trace = received(self._origin(login=True), self.hostname, now, recipients)
        mail = repair(content, trace, now, self.hostname, utf8=self.envelope.smtp_utf8)
        sender = self.envelope.mail_from or ""
        return submitting.Letter(self.credential, sender, tuple(recipients), mail, asked=self._asked_of)


def _begin(
    credential: SmtpCredential, peer: str, limits: smtp_limits.Limits
) -> tuple[list[smtp_limits.Used], tuple[bool, bool]]:
    """Note that a login is used; find what it has submitted already, here and elsewhere, if that matters, and whether its
    account counts opens and clicks."""
    submission_access.note_use(credential, peer)
    uses = smtp_limits.used([credential.id], now_ms() // smtp_limits.MINUTE) if any(limits) else []
    return uses, submitted.chosen(credential.account_id)
