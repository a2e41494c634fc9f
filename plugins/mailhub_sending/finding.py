"""Which campaign is meant, and which audiences: by number, key, name or a part of it."""

from collections.abc import Iterable, Sequence

from mailhub import Audience, Conflict, Hub, Invalid, NotFound
from mailhub.errors import Sentence
from mailhub_sending.models import Campaign
from mailhub_sending.states import BY_ACTION, STATES

SHOWN = 10


def find(account_id: int, which: str, action: str) -> Campaign:
    """The campaign that `which` means: its number, its name or a part of it.

    With nothing said it is the only one the action can be done to; reads (`show`, `stats`, `test`, `copy`) take what
    is under way. Raises `NotFound`, and `Conflict` with the candidates when several fit.
    """
    if which.isascii() and which.isdigit() and (found := by_number(account_id, int(which))) is not None:
        return found
    candidates = _named(account_id, which) if which else list(Campaign.of(account_id))
    if not candidates:
        raise _missing(which)
    fitting = [each for each in candidates if each.state in _origins(action)]
    return _only(fitting or (candidates if which else []))


def _missing(which: str) -> NotFound:
    if not which:
        return NotFound("There is no campaign yet: create one first.")
    return NotFound("There is no campaign {which}: the Campaigns page lists those there are.", which=which)


def by_number(account_id: int, number: int) -> Campaign | None:
    """A campaign of an account by its number."""
    if number > 2**31:
        return None
    found: Campaign | None = Campaign.of(account_id).where(Campaign.number == number).first()
    return found


def _named(account_id: int, which: str) -> list[Campaign]:
    wanted = which.casefold()
    rows = Campaign.select(Campaign.id, Campaign.name).where(Campaign.account == account_id)
    near = [(row.id, row.name.casefold()) for row in rows if wanted in row.name.casefold()]
    ids = [id_ for id_, name in near if name == wanted] or [id_ for id_, _ in near]
    return list(Campaign.of(account_id).where(Campaign.id.in_(ids))) if ids else []


def _origins(action: str) -> tuple[str, ...]:
    if action in BY_ACTION:
        return BY_ACTION[action].origins
    return ("sending", "paused") if action == "stats" else STATES


def _only(candidates: Sequence[Campaign]) -> Campaign:
    if not candidates:
        raise Conflict("No campaign is in a state for this now: the Campaigns page lists them with their states.")
    if len(candidates) > 1:
        newest = sorted(candidates, key=lambda each: -each.number)[:SHOWN]
        names = ", ".join(f"{each.number} {each.name}" for each in newest)
        raise Conflict("Several campaigns fit ({names}): say which one by its number.", names=names)
    return candidates[0]


def audience_keys(hub: Hub, account_id: int, wanted: Iterable[str], field: str) -> list[str]:
    """Keys of audiences, each given as its key (`list:3`) or its name. Raises `Invalid` for `field`."""
    known = audiences(hub, account_id)
    return list(dict.fromkeys(_key(known, each.strip(), field) for each in wanted if each.strip()))


def audiences(hub: Hub, account_id: int) -> list[Audience]:
    """All audiences an account can choose from, as the plugins list them."""
    return [each for _, answer in hub.ask_safely("list_audiences", hub=hub, account=account_id) for each in answer]


def _key(known: Sequence[Audience], wanted: str, field: str) -> str:
    matches = [each.key for each in known if each.key == wanted]
    matches = matches or [each.key for each in known if each.name.casefold() == wanted.casefold()]
    if not matches:
        names = ", ".join(f"{each.name} ({each.key})" for each in known[:SHOWN])
        raise Invalid(fields={field: _unknown(wanted, names)})
    if len(matches) > 1:
        keys = ", ".join(matches)
        raise Invalid(
            fields={field: Sentence("Several audiences are named {name}: write one of {keys}.", name=wanted, keys=keys)}
        )
    return matches[0]


def _unknown(wanted: str, names: str) -> Sentence:
    if not names:
        return Sentence("There is no audience {name}, nor any other: import contacts first.", name=wanted)
    return Sentence("There is no audience {name}: choose one of {names}.", name=wanted, names=names)
