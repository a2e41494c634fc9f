"""What an alert says, in the language of the user it is for. Short, since one SMS holds 160 signs."""

from typing import NamedTuple

from mailhub.errors import Sentence
from mailhub.sentences import Count
from mailhub.speech import Voice
from mailhub_alerts.rules import BOUNCES, CREDIT, DOMAIN, FINISHED, HELD, LANE, PAUSED, STARTED

TEXTS: dict[str, Sentence] = {
    STARTED: Sentence("{campaign} started: {planned} recipients."),
    FINISHED: Sentence("{campaign} is finished: {delivered} delivered, {bounced} bounced."),
    PAUSED: Sentence("{campaign} was paused by {who}."),
    "stopped": Sentence("{campaign} was paused by MailHub: {reason}"),
    HELD: Sentence("{campaign} is held: {reason}"),
    BOUNCES: Sentence("{campaign} bounces: {share} of {ended} messages."),
    CREDIT: Sentence("Credit is low: it reaches for {mails} mails."),
    "credit": Sentence("Credit is low: top it up, or campaigns will wait."),
    DOMAIN: Sentence(
        "The DNS records of {domain} are broken: receivers may refuse its mail. Its page says what to mend."
    ),
    LANE: Sentence("{destination} refuses mail from here for now; it waits and is tried again."),
    "campaign": Sentence("Campaign {number} ({name})"),
    "nameless": Sentence("A campaign ({name})"),
    "pause": Sentence(" Answer PAUSE {number} to pause it."),
    "resume": Sentence(" Answer RESUME {number} to go on."),
    "page": Sentence("Its page: {url}"),
    "account": Sentence("Account: {account}"),
    "why": Sentence("You chose to be told of this, or it is told by default. Change it here: {url}"),
}
NAME = 40
"""Signs of a campaign's name that an alert shows."""


class Fact(NamedTuple):
    """What happened, before it is put into words: the text's name, its values, and the command it may be answered with."""

    rule: str
    text: str
    values: dict[str, object]
    number: int | None = None
    name: str = ""
    answer: str = ""


def say(voice: Voice, text: str, **values: object) -> str:
    """One of the texts in a language, whole numbers with its separators."""
    shown = {name: Count(each) if isinstance(each, int) else each for name, each in values.items()}
    return voice.say(Sentence(TEXTS[text].template, **shown))


def sentence(voice: Voice, fact: Fact) -> str:
    """What happened, as one sentence. The value `share` is in percent."""
    values = dict(fact.values)
    if fact.name or fact.number is not None:
        values["campaign"] = _campaign(voice, fact)
    if isinstance(share := values.get("share"), float):
        values["share"] = voice.share(share, 100)
    return say(voice, fact.text, **values)


def _campaign(voice: Voice, fact: Fact) -> str:
    name = fact.name if len(fact.name) <= NAME else f"{fact.name[: NAME - 1]}…"
    if fact.number is None:
        return say(voice, "nameless", name=name)
    return say(voice, "campaign", number=str(fact.number), name=name)


def answer(voice: Voice, fact: Fact) -> str:
    """How to answer it, or nothing."""
    return say(voice, fact.answer, number=str(fact.number)) if fact.answer and fact.number is not None else ""
