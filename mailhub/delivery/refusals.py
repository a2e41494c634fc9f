"""What a smart host's refusal means for others: that it does not serve us at all, or that another route may take a message.

Only smart hosts are asked for mail to anybody. What other servers refuse is about their own recipients, and no other has those.
"""

import re
from dataclasses import replace

from mailhub.address import without_addresses
from mailhub.delivery.blame import is_about_mail, is_about_us
from mailhub.delivery.building import Way
from mailhub.delivery.routes import SANDBOX, Route
from mailhub.delivery.shaping import Meaning
from mailhub.delivery.smtp_words import Outcome

LOGIN = frozenset((530, 534, 535, 538))
"""Codes of RFC 4954 section 6: whatever comes next, it is refused without another login."""
RELAY = "relay_denied"
_OF_ACCOUNT = re.compile(
    r"\b(?:accounts?|authenticat\w*|log ?in|credentials?|passwords?|credits?|quotas?|plan|subscription|suspended"
    r"|licen[cs]e|payment)\b",
    re.IGNORECASE,
)


def of_smart_host(meaning: Meaning, answer: Outcome, delivered: bool) -> Meaning:
    """An answer's meaning from a smart host: it is stopped when it serves us no more, never for one recipient or sender.

    `delivered`: whether it took mail before; one that did, and would not relay something, does not serve one recipient.
    """
    if _serves_us_not(meaning.reason, answer, delivered):
        return Meaning(meaning.reason, "stop")
    return Meaning(meaning.reason, "") if meaning.action == "stop" else meaning


def _serves_us_not(reason: str, answer: Outcome, delivered: bool) -> bool:
    if answer.code in LOGIN and answer.stage:
        return True
    if reason == RELAY and answer.stage in ("mail", "rcpt"):
        return not delivered
    text = without_addresses(answer.text)
    if answer.stage != "mail" or reason == "bad_sender" or is_about_mail(text):
        return False
    return is_about_us(text) or _OF_ACCOUNT.search(text) is not None


def onward(route: Route, way: Way, meaning: Meaning, answer: Outcome) -> Way | None:
    """The way on, by the routes after this smart host's, for a message it refused before it looked at the recipient, or
    would not relay; None when it is the recipient that was refused, or no route is left."""
    if not (answer.stage == "mail" or meaning.action == "stop" or (meaning.reason == RELAY and answer.stage)):
        return None
    numbers = [each.id for each in way.routes]
    if route.id not in numbers:
        return None
    left = tuple(each for each in way.routes[numbers.index(route.id) + 1 :] if each.kind != SANDBOX)
    return replace(way, routes=left, whole=way.whole or way) if left else None
