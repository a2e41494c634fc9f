"""The record of a conversation: every line with its time, secrets masked, and remarks on what is happening."""

import asyncio
import base64
import ssl
import time
from typing import Any, cast

from cryptography import x509
from cryptography.x509.oid import NameOID

from mailhub.delivery.smtp_client import SmtpClient
from mailhub.errors import Sentence

MOST_LINES = 400
LONGEST_LINE = 500
MASK = "••••••••"


class Transcript:
    """Lines as JSON: [ms since the start, "us" | "them" | "note", text, values (of a note)]."""

    def __init__(self, username: str = "", password: str = "") -> None:
        self.lines: list[list[Any]] = []
        self._began = time.monotonic()
        self._secrets = _forms(username, password) if password else []

    def note(self, remark: Sentence) -> None:
        """A remark; pages translate it."""
        self._add("note", remark.template, {name: self.clean(str(value)) for name, value in remark.values.items()})

    def us(self, text: str) -> None:
        """A line MailHub wrote."""
        self._add("us", self.clean(text), None)

    def them(self, text: str) -> None:
        """A line the server wrote."""
        self._add("them", self.clean(text), None)

    def clean(self, text: str) -> str:
        """Without secrets, control characters and what is too long."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return "".join(sign if sign.isprintable() else "�" for sign in text)[:LONGEST_LINE]

    def _add(self, who: str, text: str, values: dict[str, str] | None) -> None:
        if len(self.lines) < MOST_LINES:
            since = int((time.monotonic() - self._began) * 1000)
            self.lines.append([since, who, text, values or {}])


def _forms(username: str, password: str) -> list[str]:
    """A password as it may cross the wire, longest first. One of a few letters is not looked for in the texts of others:
    AUTH is masked by its place."""
    coded = [base64.b64encode(each.encode()).decode() for each in (f"\0{username}\0{password}", password)]
    return sorted((each for each in (*coded, password) if len(each) >= 6), key=len, reverse=True)


class HeardClient(SmtpClient):
    """An SMTP client whose conversation is written down."""

    def __init__(self, *arguments: Any, transcript: Transcript, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.names: list[str] = []
        """The names in the server's certificate."""
        self._transcript = transcript
        self._heard = b""
        self._login_words = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self._transcript.note(
            Sentence(
                "Connected to {host} ({peer}, port {port}) from {own}.",
                host=self._server_name, peer=peer[0], port=peer[1], own=own[0],
            )
        )  # fmt: skip

    def data_received(self, data: bytes) -> None:
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            text = line.rstrip(b"\r").decode("utf-8", "replace")
            self._transcript.them(text)
            if not text.startswith("334"):
                self._login_words = 0
        self._heard = self._heard[-LONGEST_LINE:]
        super().data_received(data)

    def _write(self, octets: bytes) -> None:
        if "dot" in self._expected:
            self._transcript.note(
                Sentence("The mail itself, {count} bytes, and the dot that ends it.", count=len(octets))
            )
        elif self._login_words:
            self._login_words -= 1
            self._transcript.us(MASK)
        else:
            for line in octets.decode("utf-8", "replace").splitlines():
                self._transcript.us(_masked(line))
                self._login_words = 2 if line.upper() == "AUTH LOGIN" else 0
        super()._write(octets)

    async def _secure(self) -> None:
        await super()._secure()
        tls = cast(asyncio.Transport, self._transport).get_extra_info("ssl_object")
        self.names = _names(tls)
        self._transcript.note(
            Sentence(
                "Encrypted with {version} ({cipher}). The certificate is for {names}.",
                version=tls.version(), cipher=tls.cipher()[0], names=", ".join(self.names[:4]) or "?",
            )
        )  # fmt: skip


def _masked(line: str) -> str:
    word, sign, _ = line.partition(" PLAIN ")
    return f"{word}{sign}{MASK}" if sign and word.upper() == "AUTH" else line


def _names(tls: ssl.SSLObject) -> list[str]:
    """The names in the peer's certificate, whether it was verified or not; none when it cannot be read."""
    der = tls.getpeercert(binary_form=True)
    if not der:
        return []
    try:
        certificate = x509.load_der_x509_certificate(der)
        common = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    except ValueError:
        return []
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return list(dict.fromkeys([*common, *names.get_values_for_type(x509.DNSName)]))
    except (x509.ExtensionNotFound, ValueError):
        return common
