"""The submission listener: a login first, then mail from its own domains to anybody."""

import logging
from functools import partial

from mailhub import outages, outbox, submission_access
from mailhub.accounts import SmtpCredential
from mailhub.address import REASONS, check, normalise
from mailhub.inbound import submitting
from mailhub.inbound.repairing import repair
from mailhub.inbound.trace import received
from mailhub.smtp_server import auth
from mailhub.smtp_server.conversation import Conversation
from mailhub.smtp_server.replies import Refused
from mailhub.smtp_server.shared import Shared

log = logging.getLogger(__name__)


class Submission(Conversation):
    """A conversation with a program that hands in mail."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.commands["AUTH"] = self._auth

    @property
    def credential(self) -> SmtpCredential | None:
        """Who signed in; the session forgets it at STARTTLS (RFC 3207 section 4.2)."""
        found: SmtpCredential | None = getattr(self.session, "auth_data", None)
        return found

    def _extensions(self) -> list[str]:
        offered = super()._extensions()
        return [*offered, "AUTH PLAIN LOGIN"] if auth.may_authenticate(self.peer, self.secure) else offered

    def _known_parameters(self) -> frozenset[str]:
        return super()._known_parameters() | {"AUTH"}  # RFC 4954 section 5: taken, and believed of nobody

    def _may_begin(self) -> None:
        if self.credential is None:
            raise Refused(530, "5.7.0", "Sign in first: AUTH with an SMTP login of your account.")

    async def _auth(self, argument: str) -> None:
        assert self.session is not None
        self._may_sign_in()
        mechanism, _, initial = argument.partition(" ")
        login, password = await self._credentials(mechanism.upper(), initial.strip())
        credential = await self._find(login, password)
        if credential is None:
            raise Refused(535, "5.7.8", "This login and password do not belong together: check both.")
        setattr(self.session, "auth_data", credential)  # noqa: B010 - aiosmtpd types it as None
        self.say(235, "2.7.0", "Signed in.")

    async def _find(self, login: str, password: str) -> SmtpCredential | None:
        try:
            return await self.shared.ask(partial(submission_access.check, login, password))
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
        return recipient

    async def _take(self, content: bytes) -> str:
        letter = self._letter(content)
        try:
            number = await self.shared.committer.commit(partial(submitting.submit, self.shared.hub, letter))
        except outbox.Held as held:
            await self.shared.committer.commit(partial(submitting.hold, self.shared.hub, letter, held))
            raise Refused(451, "4.7.1", f"This login must wait ({held.reason}): try again later.") from held
        return f"queued as {number}"

    def _letter(self, content: bytes) -> submitting.Letter:
        assert self.envelope is not None
        assert self.credential is not None
        now, recipients = self.shared.hub.now(), self.envelope.rcpt_tos
        trace = received(self._origin(login=True), self.hostname, now, recipients)
        mail = repair(content, trace, now)
        return submitting.Letter(self.credential, self.envelope.mail_from or "", tuple(recipients), mail)
