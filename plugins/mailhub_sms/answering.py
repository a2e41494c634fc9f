"""What an SMS from a user asks for: PAUSE 12, RESUME 12, STOP, START, HELP. Done as that user, through the actions.

Who is not known by a confirmed phone is told nothing, and nothing is done for them but STOP and START.
"""

import re
import unicodedata
from typing import Any, NamedTuple

from mailhub import Hub, NotFound, UserError
from mailhub.accounts import Account, User, accounts_of
from mailhub.db import transaction
from mailhub.errors import Sentence
from mailhub.permissions import Actor, user_actor
from mailhub_sms import receipts
from mailhub_sms.models import DELIVERED, SENT, Sms

STOP = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "ARRET", "ARRETER", "DESABONNER")
"""Twilio's own words and the French ones. After any of them nothing is sent."""
START = ("START", "UNSTOP")
HELP = ("HELP", "INFO", "AIDE")
VERBS = {
    "PAUSE": "pause", "INTERROMPRE": "pause",
    "RESUME": "resume", "REPRENDRE": "resume", "REPRISE": "resume", "CONTINUE": "resume", "CONTINUER": "resume",
}  # fmt: skip
RECENT = 7 * 24 * 3_600_000
"""Milliseconds for which the account of the last SMS is the one an answer is about."""
_LEFT_OUT = ("CAMPAIGN", "CAMPAGNE", "LA", "THE")
_BEFORE_NUMBER = ("NO", "N", "NUMBER", "NUMERO")
QUESTION = "question"
"""How the key of an answer begins that is about no account, such as help: the next SMS must not follow from it."""

HELP_TEXT = Sentence("MailHub: answer PAUSE 12 or RESUME 12 for campaign 12. STOP ends all SMS, START begins again.")
_DONE = {
    "pause": Sentence("Campaign {number} ({name}) is paused. Answer RESUME {number} to go on."),
    "resume": Sentence("Campaign {number} ({name}) goes on. Answer PAUSE {number} to pause it."),
}


class Asked(NamedTuple):
    """A command: its word in the registry, the campaign's number as text ("" when none is said), and further words."""

    verb: str
    which: str
    more: str


class Reply(NamedTuple):
    """What is answered to whom, and which account it is about; `question`: about none, the account only pays for it."""

    user: User | None
    account_id: int
    sentence: Sentence
    question: bool = False


def read(text: str) -> tuple[str, ...]:
    """The words of an SMS in capitals without accents; numbers stand alone, also in `pause12` and `#12`."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return tuple(re.findall(r"[A-Z]+|\d+", bare.upper()))


def take(hub: Hub, number: str, text: str, opt_out: str = "") -> Reply | None:
    """Do what an SMS from `number` (E.164) asks, in the caller's transaction. Returns the answer, None for silence.

    `opt_out` is Twilio's own reading (STOP, START or HELP), to which it has answered itself.
    """
    words = read(text)
    first = opt_out or (words[0] if words else "")
    user: User | None = User.get_or_none(User.phone == number, User.disabled_at.is_null())
    if first in STOP and not (opt_out == "" and len(words) > 1 and words[1].isdigit() and user is not None):
        receipts.stop(hub, number)
        return None
    if first in START:
        receipts.start(number)
        return None
    if user is None or opt_out:
        return None
    return _answer(hub, user, words)


def _answer(hub: Hub, user: User, words: tuple[str, ...]) -> Reply | None:
    accounts = accounts_of(user)
    if not accounts:
        return None
    home = _last_account(hub, user, accounts) or accounts[0]
    if words and words[0] in STOP:
        sentence = Sentence(
            "To pause campaign {number}, answer PAUSE {number}. STOP alone ends all SMS.", number=words[1]
        )
        return Reply(user, home.id, sentence, question=True)
    asked = _command(words)
    if asked is None:
        return Reply(user, home.id, HELP_TEXT, question=True)
    return _run(hub, user, accounts, asked)


def _command(words: tuple[str, ...]) -> Asked | None:
    if not words or words[0] in HELP or words[0] not in VERBS:
        return None
    said = zip(words[1:], (*words[2:], ""), strict=False)
    left = [word for word, after in said if word not in _LEFT_OUT and not (word in _BEFORE_NUMBER and after.isdigit())]
    number = next((word for word in left if word.isdigit()), "")
    return Asked(VERBS[words[0]], number, " ".join(word for word in left if word != number))


def _run(hub: Hub, user: User, accounts: list[Account], asked: Asked) -> Reply:
    account = _which_account(hub, user, accounts, asked)
    if account is None:
        return _ask_back(user, accounts, asked)
    actor = user_actor(user.id, account.id, "sms", user.name)
    try:
        with transaction():
            done = _act(hub, actor, asked)
    except UserError as error:
        return Reply(user, account.id, error.sentence)
    sentence = Sentence(_DONE[asked.verb].template, number=done["number"], name=str(done["name"])[:40])
    return Reply(user, account.id, sentence)


def _ask_back(user: User, accounts: list[Account], asked: Asked) -> Reply:
    """What is said instead of guessing: of one account how commands are written, of several which there are."""
    if len(accounts) == 1:
        return Reply(user, accounts[0].id, HELP_TEXT, question=True)
    names = ", ".join(f"{asked.verb.upper()} {asked.which} {each.name}".replace("  ", " ") for each in accounts[:4])
    ask = Sentence("You have several accounts. Say which one: {names}.", names=names)
    return Reply(user, accounts[0].id, ask, question=True)


def _act(hub: Hub, actor: Actor, asked: Asked) -> dict[str, Any]:
    """Run the action. A number is that campaign's alone: actions take a part of a name too, and 12 is no "Summer 2012"."""
    if asked.which and hub.call(actor, "campaigns.show", which=asked.which)["number"] != int(asked.which):
        raise NotFound("There is no campaign {which}: the Campaigns page lists those there are.", which=asked.which)
    done: dict[str, Any] = hub.call(actor, f"campaigns.{asked.verb}", which=asked.which)
    return done


def _which_account(hub: Hub, user: User, accounts: list[Account], asked: Asked) -> Account | None:
    """The account that is named, the only one, or the one the last SMS was about; None when nobody can tell.

    Words that are no account's name leave it open what is meant, also where there is one account.
    """
    if asked.more:
        more = asked.more.split()
        named = [each for each in accounts if list(read(each.name)[: len(more)]) == more]
        exact = [each for each in named if " ".join(read(each.name)) == asked.more] or named
        return exact[0] if len(exact) == 1 else None
    return accounts[0] if len(accounts) == 1 else _last_account(hub, user, accounts)


def _last_account(hub: Hub, user: User, accounts: list[Account]) -> Account | None:
    """The account of the last SMS the user was sent: what never left cannot be what they answer."""
    last = (
        Sms.select(Sms.account)
        .where(
            Sms.user == user.id,
            ~Sms.secret,
            Sms.state.in_((SENT, DELIVERED)),
            Sms.created_at > hub.ms() - RECENT,
            Sms.key.is_null() | ~Sms.key.startswith(f"{QUESTION} "),
        )
        .order_by(Sms.id.desc())
        .first()
    )
    return next((each for each in accounts if last is not None and each.id == last.account_id), None)
