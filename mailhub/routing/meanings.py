"""What the end of a conversation means, in plain sentences: for whoever tries a route and knows no SMTP."""

import ssl

from mailhub.delivery import mx
from mailhub.delivery.smtp_client import ConnectFailed, Outcome
from mailhub.errors import Sentence


def of_failure(failure: ConnectFailed, host: str, port: int) -> Sentence:
    """Why no session could be opened, and what to do about it."""
    if failure.kind == "connect":
        return _unreachable(failure, host, port)
    if failure.kind == "greeting":
        return Sentence(
            "{host} does not talk to this machine: its greeting says why. Often the address is on a block list.",
            host=host,
        )
    if failure.kind == "hello":
        return Sentence(
            "{host} refuses the name this machine gives in EHLO: it must exist in DNS and lead here.", host=host
        )
    if failure.kind == "tls" and isinstance(failure.__cause__, ssl.SSLCertVerificationError):
        return Sentence(
            "The certificate of {host} proves nothing ({reason}): check the host’s name, or ask whoever runs it.",
            host=host, reason=failure.__cause__.verify_message,
        )  # fmt: skip
    if failure.kind == "tls":
        return Sentence(
            "The connection to {host} could not be encrypted as this route asks: {reason}.",
            host=host,
            reason=failure.text,
        )
    if failure.kind == "login" and not failure.code:
        return Sentence("The login was not tried at {host}: {reason}.", host=host, reason=failure.text)
    if failure.kind == "login":
        return Sentence("{host} did not take the login: check the user name and the password of this route.", host=host)
    if failure.kind == "timeout":
        return Sentence(
            "{host} took the connection and then said nothing: try again later, or ask whoever runs it.", host=host
        )
    if failure.kind == "protocol":
        return Sentence(
            "What answers at {host}, port {port}, does not speak SMTP as it should: check host and port.",
            host=host,
            port=port,
        )
    return Sentence(
        "{host} closed the connection: another port or TLS mode may be needed, such as 465 with implicit TLS.",
        host=host,
    )


def _unreachable(failure: ConnectFailed, host: str, port: int) -> Sentence:
    cause = failure.__cause__
    if isinstance(cause, ConnectionRefusedError):
        return Sentence("Nothing listens at {host}, port {port}: check host and port.", host=host, port=port)
    if isinstance(cause, OSError) and "ame or service" in str(cause):
        return Sentence("The name {host} does not exist in DNS: check how it is written.", host=host)
    if port == 25:
        return Sentence(
            "{host} cannot be reached on port 25: most hosting providers block it. Ask yours to open it, or use a smart host.",
            host=host,
        )  # fmt: skip
    return Sentence(
        "{host}, port {port}, cannot be reached: a firewall on the way, or a wrong host or port.", host=host, port=port
    )


def of_outcome(outcome: Outcome, host: str) -> Sentence:
    """What became of the test mail."""
    if outcome.kind == "delivered":
        return Sentence(
            "{host} took the mail ({code}). It is now on its way to the mailbox, or to its junk folder.",
            host=host,
            code=outcome.code,
        )
    if outcome.in_doubt:
        return Sentence("The connection broke after the mail was sent: it may have arrived or not.")
    if outcome.kind == "deferred" and outcome.stage == "rcpt":
        return Sentence(
            "{host} does not take mail for this address now and asks to come back later: greylisting, or a full mailbox.",
            host=host,
        )
    if outcome.kind in ("deferred", "unsent"):
        return Sentence(
            "{host} takes no mail now and asks to come back later. MailHub would try again by itself.", host=host
        )
    if outcome.stage == "mail":
        return Sentence("{host} refuses the sender: the address must be one that this login may write from.", host=host)
    if outcome.stage == "rcpt":
        return Sentence(
            "{host} refuses the recipient: the address does not exist, or the server relays no mail for you.", host=host
        )
    return Sentence("{host} refuses the mail: its answer above says why.", host=host)


def of_connection(host: str) -> Sentence:
    """A session that was opened, and no mail sent."""
    return Sentence("{host} answers and takes mail from here. No mail was sent.", host=host)


def of_time(seconds: int) -> Sentence:
    """A try that took too long."""
    return Sentence(
        "It took longer than {seconds} seconds and was ended. A mail that was being sent may have arrived or not.",
        seconds=seconds,
    )


def of_domain(outcome: Outcome, domain: str) -> Sentence:
    """Why there is no server to ask for a domain."""
    if outcome is mx.NULL:
        return Sentence("{domain} says in DNS that it takes no mail (a null MX).", domain=domain)
    if outcome is mx.NO_DOMAIN:
        return Sentence("The domain {domain} does not exist in DNS: check the address.", domain=domain)
    if outcome is mx.NO_ANSWER:
        return Sentence("DNS does not answer for {domain}: try again later.", domain=domain)
    if outcome is mx.NO_SERVER:
        return Sentence("No mail server of {domain} has an address in DNS.", domain=domain)
    if outcome is mx.OURSELVES:
        return Sentence("DNS says that this server itself takes the mail of {domain}.", domain=domain)
    if outcome is mx.NO_ROUTE:
        return Sentence(
            "No mail server of {domain} can be reached from here: it is the other kind of IP.", domain=domain
        )
    return Sentence("No mail can go to {domain} now: {reason}", domain=domain, reason=outcome.text)


def of_encryption(tls: str, mode: str) -> Sentence:
    """Who could read along. `tls` as the client has it: "TLSv1.3 verified", "TLSv1.3", ""."""
    version, _, verified = tls.partition(" ")
    if not tls and mode == "none":
        return Sentence("Not encrypted: everybody on the way can read the mail.")
    if not tls:
        return Sentence("Not encrypted: the server does not offer TLS.")
    if verified:
        return Sentence("Encrypted with {version}, and the certificate proves who the server is.", version=version)
    return Sentence(
        "Encrypted with {version}; nothing proves who the server is. Between mail servers that is usual.",
        version=version,
    )
