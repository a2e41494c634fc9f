"""What an alert says, in the language of the user it is for. Short, since one SMS holds 160 signs."""

from typing import NamedTuple

from mailhub_alerts.rules import BOUNCES, CREDIT, FINISHED, HELD, PAUSED, STARTED

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        STARTED: "{campaign} started: {planned} recipients.",
        FINISHED: "{campaign} is finished: {delivered} delivered, {bounced} bounced.",
        PAUSED: "{campaign} was paused by {who}.",
        "stopped": "{campaign} was paused by MailHub: {reason}",
        HELD: "{campaign} is held: {reason}",
        BOUNCES: "{campaign} bounces: {share} % of {ended} messages.",
        CREDIT: "Credit is low: it reaches for {mails} mails.",
        "credit": "Credit is low: top it up, or campaigns will wait.",
        "campaign": "Campaign {number} ({name})",
        "nameless": "A campaign ({name})",
        "pause": " Answer PAUSE {number} to pause it.",
        "resume": " Answer RESUME {number} to go on.",
        "page": "Its page: {url}",
        "account": "Account: {account}",
        "why": "You chose to be told of this, or it is told by default. Change it here: {url}",
    },
    "fr": {
        STARTED: "{campaign} démarre\u00a0: {planned} destinataires.",
        FINISHED: "{campaign} est terminée\u00a0: {delivered} messages remis, {bounced} rejetés.",
        PAUSED: "{campaign} a été interrompue par {who}.",
        "stopped": "{campaign} a été interrompue par MailHub\u00a0: {reason}",
        HELD: "{campaign} est retenue\u00a0: {reason}",
        BOUNCES: "{campaign} a trop de rejets\u00a0: {share}\u00a0% de {ended} messages.",
        CREDIT: "Crédit bas\u00a0: il suffit pour {mails} messages.",
        "credit": "Crédit bas\u00a0: rechargez-le, sinon les campagnes attendront.",
        "campaign": "La campagne {number} ({name})",
        "nameless": "Une campagne ({name})",
        "pause": " Répondez PAUSE {number} pour l’interrompre.",
        "resume": " Répondez REPRENDRE {number} pour continuer.",
        "page": "Sa page\u00a0: {url}",
        "account": "Compte\u00a0: {account}",
        "why": "Vous avez choisi d’en être averti, ou c’est le réglage par défaut. Pour le changer\u00a0: {url}",
    },
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


def say(language: str, text: str, **values: object) -> str:
    """One of the texts in a language, whole numbers with its separators."""
    shown = {name: number(language, each) if isinstance(each, int) else each for name, each in values.items()}
    return TEXTS[language if language in TEXTS else "en"][text].format(**shown)


def number(language: str, value: int) -> str:
    """12431 → 12,431; in French with a narrow space."""
    return f"{value:,}".replace(",", "\u202f") if language == "fr" else f"{value:,}"


def sentence(language: str, fact: Fact) -> str:
    """What happened, as one sentence."""
    values = dict(fact.values)
    if fact.name or fact.number is not None:
        values["campaign"] = _campaign(language, fact)
    if isinstance(share := values.get("share"), float):
        values["share"] = f"{share:.1f}".replace(".", "," if language == "fr" else ".")
    return say(language, fact.text, **values)


def _campaign(language: str, fact: Fact) -> str:
    name = fact.name if len(fact.name) <= NAME else f"{fact.name[: NAME - 1]}…"
    if fact.number is None:
        return say(language, "nameless", name=name)
    return say(language, "campaign", number=str(fact.number), name=name)


def answer(language: str, fact: Fact) -> str:
    """How to answer it, or nothing."""
    return say(language, fact.answer, number=str(fact.number)) if fact.answer and fact.number is not None else ""
