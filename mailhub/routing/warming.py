"""Warm-up plans: ready-made ones, begun and ended for an address, and how far they are. The counting is `delivery.warming`'s."""

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from mailhub.delivery.shaping import of_config
from mailhub.errors import Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.routes import WARM, PoolAddress, WarmCount, WarmUp, changed, day_of, iso, today
from mailhub.vocabulary import Schedule

AHEAD = 30
"""Days of a plan shown at most."""
FASTEST = 10.0
_PAIR = re.compile(r"(?P<provider>[^=]+?)\s*=\s*(?P<first>\d{1,9})")


class Plan(NamedTuple):
    """The first day's cap for each provider, what it grows by each day, the cap that ends it, and stricter beginnings."""

    first: int
    growth: float
    most: int
    caps: Mapping[str, int]


_STRICT = ("outlook", "microsoft365", "orange", "free", "sfr", "laposte")
PLANS: dict[str, Plan] = {
    "usual": Plan(50, 2.0, 50_000, {"yahoo": 40, **dict.fromkeys(_STRICT, 20)}),
    "careful": Plan(20, 1.5, 30_000, dict.fromkeys(_STRICT, 10)),
    "quick": Plan(500, 2.0, 100_000, dict.fromkeys(_STRICT, 200)),
}
"""For an address nobody knows; for one whose domain is new too; for one that sent before and rested."""


class Step(NamedTuple):
    """A day of a plan: the day (since 1970), and each provider's cap, None for none any more."""

    day: int
    caps: dict[str, int | None]


def begin(hub: Hub, row: PoolAddress, given: Mapping[str, Any]) -> WarmUp:
    """Begin a plan for an address, in place of the one it may have. `given`: plan, start, first, growth, most, caps.

    Counts of today stay. Raises `Invalid`.
    """
    ready = PLANS.get(given["plan"])
    if ready is None:
        wrong = {"plan": Sentence("There is no plan {plan}: choose usual, careful or quick.", plan=given["plan"])}
        raise Invalid(fields=wrong)
    own = {key: given[key] for key in ("first", "growth", "most") if given.get(key) is not None}
    plan = ready._replace(**own)
    caps = _caps(given["caps"], of_config(hub.config).names) if given.get("caps") is not None else dict(plan.caps)
    start = given.get("start") or iso(today(hub.ms()))
    _check(plan, start, today(hub.ms()))
    WarmUp.delete().where(WarmUp.address == row).execute()
    made = WarmUp.create(address=row, started_on=start, first=plan.first, growth=plan.growth, most=plan.most, caps=caps)
    changed()
    return made


def end(row: PoolAddress) -> None:
    """End an address's plan: it may send as much as there is. Raises `NotFound` when it has none."""
    if not WarmUp.delete().where(WarmUp.address == row).execute():
        raise NotFound("There is no warm-up of {address} under way.", address=row.address)
    changed()


def plan_of(row: PoolAddress) -> WarmUp | None:
    """An address's plan, or None."""
    found: WarmUp | None = WarmUp.get_or_none(WarmUp.address == row)
    return found


def used_today(hub: Hub, row: PoolAddress) -> dict[str, int]:
    """How many messages of today's caps have been given out, by provider ("" for all that are not known)."""
    counts = WarmCount.select().where(WarmCount.address_id == row.id, WarmCount.day == today(hub.ms()))
    return {each.provider: each.used for each in counts}


def progress(hub: Hub, row: PoolAddress, plan: WarmUp) -> list[tuple[str, int, int | None]]:
    """Today: (provider, messages given out, cap), those with a cap of their own or mail today; the others last."""
    used, day = used_today(hub, row), today(hub.ms())
    known = sorted({*plan.caps, *used} - {""})
    return [(each, used.get(each, 0), plan.cap(each, day)) for each in [*known, ""]]


def ahead(hub: Hub, plan: WarmUp) -> list[Step]:
    """The plan from today (or its first day) until no provider has a cap any more, at most `AHEAD` days."""
    first = max(today(hub.ms()), day_of(plan.started_on))
    steps = []
    for day in range(first, first + AHEAD):
        caps = {provider: plan.cap(provider, day) for provider in ["", *sorted(plan.caps)]}
        steps.append(Step(day, caps))
        if all(cap is None for cap in caps.values()):
            break
    return steps


def tell(hub: Hub, row: PoolAddress, plan: WarmUp) -> dict[str, Any]:
    """A plan and its progress, as every door sees it."""
    return {
        "address": row.address, "start": plan.started_on, "first": plan.first, "growth": plan.growth,
        "most": plan.most, "caps": plan.caps,
        "today": [{"provider": name, "used": used, "cap": cap} for name, used, cap in progress(hub, row, plan)],
    }  # fmt: skip


def forget_old(hub: Hub) -> None:
    """Delete counts that no page shows any more."""
    WarmCount.delete().where(WarmCount.day < today(hub.ms()) - 60).execute()


def _caps(pairs: list[str], known: Collection[str]) -> dict[str, int]:
    """`google=50` and so on, of providers that are known. Raises `Invalid`."""
    caps = {}
    for pair in pairs:
        found = _PAIR.fullmatch(pair.strip())
        provider = found["provider"].lower() if found else ""
        if found is None or not 1 <= int(found["first"]) < WARM:
            sentence = Sentence(
                "{text} is no cap of a provider: write its short name and a number: google=50.", text=pair
            )
            raise Invalid(fields={"caps": sentence})
        if provider not in known:
            sentence = Sentence(
                "{provider} is no mailbox provider: there are {known}.", provider=provider, known=", ".join(known)
            )
            raise Invalid(fields={"caps": sentence})
        caps[provider] = int(found["first"])
    return caps


def _check(plan: Plan, start: str, now: int) -> None:
    wrong: dict[str, str] = {}
    if not 1 <= plan.first < WARM:
        wrong["first"] = Sentence("The first day’s cap is {first}: write a number from 1.", first=plan.first)
    if not 1.0 <= plan.growth <= FASTEST:
        wrong["growth"] = Sentence("The growth is {growth}: write a number from 1 to 10.", growth=plan.growth)
    if not 0 <= plan.most < WARM:
        wrong["most"] = Sentence("The last cap is {most}: write a number, or 0 for none.", most=plan.most)
    try:
        far = abs(day_of(start) - now) > 366
    except ValueError:
        far = True
    if far:
        wrong["start"] = Sentence(
            "{start} is no day of this year or the next: write one such as 2027-03-01.", start=start
        )
    if wrong:
        raise Invalid(fields=wrong)


SCHEDULES = (Schedule("warm_ups.forget", 3600, forget_old),)
