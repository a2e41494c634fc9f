"""`mailhub mail check`: says who a file of mail is from, as one JSON object. What it means is left to who reads it."""

import json
import socket
import sys
from dataclasses import replace
from ipaddress import ip_address

import click
import dns.message

from mailhub.authentication.asking import Asking
from mailhub.authentication.checking import check_with
from mailhub.config import Config
from mailhub.config_sections import DnsConfig
from mailhub.dns.asking import Server, servers
from mailhub.dns.blocking import blocking
from mailhub.errors import UserError


@click.command("check")
@click.argument("file")
@click.option("--ip", required=True, help="The address the mail came from.")
@click.option("--helo", default="", help="What that server called itself.")
@click.option("--mail-from", default="", help='The return path; "" or <> for none.')
@click.option("--dns", "server", default="", help="A DNS server to ask, such as 127.0.0.1:5353 [dns.resolvers].")
@click.pass_obj
def command(config: Config, file: str, ip: str, helo: str, mail_from: str, server: str) -> None:
    """Say who a mail is from: SPF, DKIM, ARC and DMARC as one JSON object. FILE may be - for standard input."""
    content = _read(file)
    address = _address(ip)
    settings = replace(config.dns, resolvers=[server]) if server else config.dns
    asking = Asking(blocking(settings), config.authentication.timeout)
    verdicts = check_with(content, address, helo, _bare(mail_from), asking)
    if asking.unanswered and not asking.answered:
        _look_for_servers(settings)
    click.echo(json.dumps(verdicts.told()))


def _read(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read()
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise UserError(
            "The file {file} cannot be read ({reason}): name another.", file=file, reason=error.strerror
        ) from error


def _address(ip: str) -> str:
    try:
        return str(ip_address(ip.strip().removeprefix("IPv6:").strip("[]")))
    except ValueError as error:
        raise UserError("{ip} is no IP address: write one such as 192.0.2.1 or 2001:db8::1.", ip=ip) from error


def _bare(mail_from: str) -> str:
    mail_from = mail_from.strip()
    return mail_from[1:-1] if mail_from[:1] == "<" and mail_from[-1:] == ">" else mail_from


def _look_for_servers(settings: DnsConfig) -> None:
    """Raise `UserError` when nobody listens at any DNS server's address; one that says nothing is told of."""
    asked = servers(settings.resolvers)
    if not any(map(_listens, asked)):
        named = ", ".join(f"{host} port {port}" for host, port in asked)
        raise UserError("There is no DNS server at {servers}: correct --dns or dns.resolvers.", servers=named)
    click.echo("mailhub: No DNS server answered, so that what needed one is a temperror.", err=True)


def _listens(server: Server) -> bool:
    """Whether a question comes through to an address, answered or not."""
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.settimeout(1)
            line.connect(server)
            line.send(dns.message.make_query(".", "NS").to_wire())
            line.recv(4096)
    except TimeoutError:
        return True
    except OSError:
        return False
    return True
