"""`mailhub mail check`: one JSON object, or one sentence."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailhub.cli import main
from tests.dns_server import SILENT, DnsServer, Zone
from tests.mailhub.authentication.signing import MAIL, rsa_pair, seal, sign

ZONES = {
    "example.com": Zone(txt=("v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all",)),
    "helo.example": Zone(txt=("v=spf1 ip4:192.0.2.1 -all",)),
    "sel._domainkey.example.com": Zone(txt=(rsa_pair().record.decode(),)),
    "_dmarc.example.com": Zone(txt=("v=DMARC1; p=reject",)),
    "arc._domainkey.hop1.example": Zone(txt=(rsa_pair(1024, 1).record.decode(),)),
    "silent.example": SILENT,
}


@pytest.fixture(scope="module")
def dns() -> Iterator[DnsServer]:
    """A DNS server that knows `ZONES`."""
    with DnsServer(ZONES) as server:
        yield server


def check(
    dns: DnsServer | str, file: Path | str, *arguments: str, octets: bytes | None = None, patience: float = 20
) -> Result:
    server = dns if isinstance(dns, str) else dns.address
    environment = {"MAILHUB_CONFIG": "", "MAILHUB_DNS__TIMEOUT": str(patience)}
    return CliRunner(env=environment).invoke(
        main, ["mail", "check", str(file), "--dns", server, *arguments], input=octets
    )


SENDER = ("--ip", "192.0.2.1", "--helo", "helo.example", "--mail-from", "ada@example.com")


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_mail(dns: DnsServer, tmp_path: Path, line_end: bytes) -> None:
    file = tmp_path / "mail.eml"
    file.write_bytes(seal(sign(), {}, {}).replace(b"\r\n", line_end))
    answer = check(dns, file, *SENDER)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout) == {
        "spf": {"result": "pass", "domain": "example.com"},
        "dkim": [{"result": "pass", "domain": "example.com", "selector": "sel"}],
        "arc": {"result": "pass"},
        "dmarc": {"result": "pass", "domain": "example.com", "policy": "reject"},
    }
    assert answer.stdout.count("\n") == 1


def test_standard_input_and_a_mail_without_anything(dns: DnsServer) -> None:
    found = json.loads(check(dns, "-", "--ip", "198.51.100.1", octets=MAIL).stdout)
    assert found["spf"] == {"result": "none", "domain": ""}
    assert (found["dkim"], found["arc"]) == ([], {"result": "none"})
    assert found["dmarc"] == {"result": "fail", "domain": "example.com", "policy": "reject"}
    assert check(dns, "-", "--ip", "192.0.2.1", octets=b"").exit_code == 0


@pytest.mark.parametrize("empty", ["", "<>", " <> "])
def test_an_empty_return_path_is_the_helo_name(dns: DnsServer, empty: str) -> None:
    answer = check(dns, "-", "--ip", "192.0.2.1", "--helo", "helo.example", "--mail-from", empty, octets=MAIL)
    assert json.loads(answer.stdout)["spf"] == {"result": "pass", "domain": "helo.example"}


@pytest.mark.parametrize(
    "ip", ["2001:db8::1", "[2001:db8::1]", "IPv6:2001:db8::1", "2001:DB8:0::0:1", "::ffff:192.0.2.1"]
)
def test_addresses_as_they_are_written(dns: DnsServer, ip: str) -> None:
    answer = check(dns, "-", "--ip", ip, "--mail-from", "<ada@example.com>", octets=MAIL)
    assert json.loads(answer.stdout)["spf"]["result"] == "pass"


def test_what_is_asked_wrongly(dns: DnsServer, tmp_path: Path) -> None:
    gone = check(dns, tmp_path / "gone.eml", *SENDER)
    assert gone.exit_code == 1
    assert (
        gone.stderr
        == f"mailhub: The file {tmp_path}/gone.eml cannot be read (No such file or directory): name another.\n"
    )
    assert check(dns, tmp_path, *SENDER).exit_code == 1
    bad = check(dns, "-", "--ip", "192.0.2.256", octets=MAIL)
    assert bad.exit_code == 1
    assert bad.stderr == "mailhub: 192.0.2.256 is no IP address: write one such as 192.0.2.1 or 2001:db8::1.\n"
    assert check(dns, "-", octets=MAIL).exit_code == 2
    odd = check("birds:x", "-", *SENDER, octets=MAIL)
    assert odd.exit_code == 1
    assert "dns.resolvers" in odd.stderr


def test_nobody_to_ask() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    answer = check(f"127.0.0.1:{port}", "-", *SENDER, octets=MAIL)
    assert answer.exit_code == 1
    assert answer.stderr == (
        f"mailhub: There is no DNS server at 127.0.0.1 port {port}: correct --dns or dns.resolvers.\n"
    )


def test_silence_is_a_passing_fault(dns: DnsServer) -> None:
    answer = check(dns, "-", "--ip", "192.0.2.1", "--mail-from", "a@silent.example", octets=b"", patience=0.2)
    assert json.loads(answer.stdout)["spf"] == {"result": "temperror", "domain": "silent.example"}
    assert answer.stderr == "mailhub: No DNS server answered, so that what needed one is a temperror.\n"


def test_it_loads_neither_pages_nor_database(dns: DnsServer) -> None:
    script = (
        "import sys; from click.testing import CliRunner; from mailhub.cli import main\n"
        f"made = CliRunner().invoke(main, ['mail', 'check', '-', '--ip', '192.0.2.1', '--dns', '{dns.address}'])\n"
        "assert made.exit_code == 0, made.output\n"
        "print([each for each in ('flask', 'peewee', 'mailhub.delivery') if each in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "[]\n"
