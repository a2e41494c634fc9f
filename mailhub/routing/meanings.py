"""What the end of a conversation means, in plain sentences: for whoever tries a route and knows no SMTP."""

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


def of_encryption(tls: str, verified: bool, mode: str) -> Sentence:
    """Who could read along."""
    if not tls and mode == "none":
        return Sentence("Not encrypted, as the route says: everybody on the way can read the mail.")
    if not tls:
        return Sentence("Not encrypted: the server does not offer TLS.")
    if verified:
        return Sentence("Encrypted with {version}, and the certificate proves who the server is.", version=tls)
    return Sentence(
        "Encrypted with {version}; nothing proves who the server is. Between mail servers that is usual.", version=tls
    )
