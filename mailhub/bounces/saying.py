"""The reasons of the vocabulary in sentences for people: what a server meant, not what is to be done."""

from mailhub.errors import Sentence

REASONS: dict[str, Sentence] = {
    "no_such_user": Sentence("the mailbox does not exist"),
    "no_such_domain": Sentence("the domain does not exist"),
    "no_mail": Sentence("the domain takes no mail"),
    "moved": Sentence("the recipient has moved to another address"),
    "bad_address": Sentence("the address is not one that its server understands"),
    "mailbox_disabled": Sentence("the mailbox is disabled or suspended"),
    "mailbox_full": Sentence("the mailbox is full"),
    "mailbox_busy": Sentence("the mailbox gets too much mail at once"),
    "expired": Sentence("it could not be delivered in time"),
    "unreachable": Sentence("the destination cannot be reached"),
    "unavailable": Sentence("the receiving server asks to come back later"),
    "greylisted": Sentence("the server wants to see it come back (greylisting)"),
    "rate_limited": Sentence("the destination wants less mail at a time"),
    "loop": Sentence("the mail goes round in circles between servers"),
    "relay_denied": Sentence("the server that was asked does not take mail for this domain"),
    "tls": Sentence("the connection could not be encrypted as it must be"),
    "storage": Sentence("the receiving server has no room"),
    "system": Sentence("the receiving server has a fault"),
    "protocol": Sentence("the two servers did not understand each other"),
    "too_big": Sentence("too large"),
    "blocked": Sentence("the provider refuses mail from here for now"),
    "reputation": Sentence("the provider mistrusts this server's address"),
    "reverse_dns": Sentence("the name of this server in the DNS is missing or does not fit"),
    "unauthenticated": Sentence("the mail is not authenticated (SPF, DKIM, DMARC)"),
    "bad_sender": Sentence("the sender's address is refused"),
    "spam": Sentence("taken for spam"),
    "content": Sentence("something in the mail is refused"),
    "virus": Sentence("taken for a virus"),
    "policy": Sentence("the receiving server's policy"),
    "undetermined": Sentence("the server did not say why"),
    "complaint": Sentence("the recipient called it junk"),
    "autoreply": Sentence("a machine answered"),
    "delivered": Sentence("it was delivered"),
}
"""Every reason a reading or a judgement may have."""


def say(reason: str) -> Sentence:
    """What a reason means; one that is not of the vocabulary (an operator's own shaping names it) stands for itself."""
    return REASONS.get(reason) or Sentence(reason)
