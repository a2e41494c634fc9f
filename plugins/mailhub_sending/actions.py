"""What can be asked of campaigns, once for all doors."""

from collections.abc import Callable
from typing import Any

from mailhub import Action, Hub, Invalid, Permission
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub_sending import arguments, editing, ledger, listing, sending, statistics, trying, validating
from mailhub_sending.finding import find
from mailhub_sending.models import Campaign
from mailhub_sending.times import show

PERMISSIONS: list[Permission] = [
    Permission("campaigns.view", "Campaigns", "See campaigns and their numbers"),
    Permission("campaigns.edit", "Campaigns", "Write, test and delete campaigns"),
    Permission("campaigns.validate", "Campaigns", "Validate campaigns and take them back to draft"),
    Permission("campaigns.start", "Campaigns", "Schedule, start and resume campaigns"),
    Permission("campaigns.pause", "Campaigns", "Pause campaigns"),
    Permission("campaigns.cancel", "Campaigns", "Cancel campaigns"),
]

Answer = dict[str, Any]


def _answer(campaign: Campaign, **more: Any) -> Answer:
    return {"number": campaign.number, "name": campaign.name, "state": campaign.state, **more}


def _with_files(values: dict[str, Any]) -> dict[str, Any]:
    """`file_fr` stands for `body_fr`."""
    bodies = {
        name.replace("file", "body"): value for name, value in values.items() if name.startswith("file") and value
    }
    return {**{name: value for name, value in values.items() if not name.startswith("file")}, **bodies}


def _create(hub: Hub, actor: Actor, **values: Any) -> Answer:
    return _answer(editing.create(hub, actor, _with_files(values)))


def _change(hub: Hub, actor: Actor, which: str, **values: Any) -> Answer:
    campaign = find(actor.account_id, which, "change")
    editing.change(hub, campaign, _with_files(values))
    return _answer(campaign)


def _delete(hub: Hub, actor: Actor, which: str) -> Answer:
    campaign = find(actor.account_id, which, "delete")
    editing.delete(campaign)
    return {"number": campaign.number, "name": campaign.name, "state": "deleted"}


def _copy(hub: Hub, actor: Actor, which: str) -> Answer:
    return _answer(editing.copy(hub, actor, find(actor.account_id, which, "copy")))


def _list(hub: Hub, actor: Actor, **filters: Any) -> list[Answer]:
    return [listing.summary(each) for each in listing.page(actor.account_id, **filters)]


def _show(hub: Hub, actor: Actor, which: str) -> Answer:
    return listing.whole(find(actor.account_id, which, "show"))


def _stats(hub: Hub, actor: Actor, which: str) -> Answer:
    return statistics.stats(hub, find(actor.account_id, which, "stats"))


def _ledger(hub: Hub, actor: Actor, which: str, outcome: str, **page: Any) -> Answer:
    if outcome and outcome not in ledger.FILTERS:
        names = ", ".join(ledger.FILTERS)
        raise Invalid(
            fields={"outcome": Sentence("{outcome} is no outcome: write one of {names}.", outcome=outcome, names=names)}
        )
    campaign = find(actor.account_id, which, "ledger")
    lines = ledger.lines(campaign.source_id, outcome, **page) if campaign.source_id else []
    return _answer(campaign, messages=[{**line._asdict(), "id": str(line.id)} for line in lines])


def _validate(hub: Hub, actor: Actor, which: str) -> Answer:
    campaign = find(actor.account_id, which, "validate")
    warnings = validating.validate(hub, actor, campaign)
    return _answer(campaign, recipients=validating.count(hub, campaign), warnings=warnings)


def _unvalidate(hub: Hub, actor: Actor, which: str, reason: str) -> Answer:
    campaign = find(actor.account_id, which, "unvalidate")
    validating.unvalidate(hub, actor, campaign, reason if actor.door == "system" else "")
    return _answer(campaign)


def _schedule(action: str) -> Callable[..., Answer]:
    def run(hub: Hub, actor: Actor, which: str, at: str) -> Answer:
        campaign = find(actor.account_id, which, action)
        sending.schedule(hub, actor, campaign, at, action)
        zone = campaign.account.time_zone
        return _answer(
            campaign, scheduled_at=campaign.scheduled_at, scheduled=show(campaign.scheduled_at, zone), time_zone=zone
        )

    return run


def _start(hub: Hub, actor: Actor, which: str) -> Answer:
    campaign = find(actor.account_id, which, "start")
    sending.start(hub, actor, campaign)
    return _answer(campaign, source=campaign.source_id)


def _pause(hub: Hub, actor: Actor, which: str, reason: str) -> Answer:
    campaign = find(actor.account_id, which, "pause")
    sending.pause(hub, actor, campaign, reason)
    return _answer(campaign)


def _resume(hub: Hub, actor: Actor, which: str) -> Answer:
    campaign = find(actor.account_id, which, "resume")
    sending.resume(hub, actor, campaign)
    return _answer(campaign)


def _cancel(hub: Hub, actor: Actor, which: str) -> Answer:
    campaign = find(actor.account_id, which, "cancel")
    sending.cancel(hub, actor, campaign)
    return _answer(campaign)


def _test(hub: Hub, actor: Actor, which: str, to: list[str], language: str, contact: str) -> Answer:
    campaign = find(actor.account_id, which, "test")
    return _answer(campaign, **trying.send_test(hub, campaign, to, language, contact))


def _action(
    verb: str, title: str, permission: str, run: Callable[..., Any], given: Any = arguments.One, **more: Any
) -> Action:
    return Action(f"campaigns.{verb}", title, f"campaigns.{permission}", run, given, target="which", **more)


ACTIONS: list[Action] = [
    Action("campaigns.create", "Create a campaign", "campaigns.edit", _create, arguments.Create, target="name"),
    _action("change", "Change a campaign", "edit", _change, arguments.Change),
    _action("delete", "Delete a draft", "edit", _delete, confirm=True),
    _action("copy", "Copy a campaign", "edit", _copy),
    Action("campaigns.list", "List the campaigns", "campaigns.view", _list, arguments.List, changes=False),
    _action("show", "Show a campaign", "view", _show, changes=False),
    _action("stats", "Count what became of a campaign", "view", _stats, changes=False),
    _action("ledger", "List what became of each recipient", "view", _ledger, arguments.Ledger, changes=False),
    _action("test", "Send a test of a campaign", "edit", _test, arguments.Test),
    _action("validate", "Validate a campaign", "validate", _validate),
    _action("unvalidate", "Take a campaign back to draft", "validate", _unvalidate, arguments.WithReason),
    _action("schedule", "Schedule a campaign", "start", _schedule("schedule"), arguments.At),
    _action("reschedule", "Give a campaign another time", "start", _schedule("reschedule"), arguments.At),
    _action("start", "Start a campaign", "start", _start, confirm=True),
    _action("pause", "Pause a campaign", "pause", _pause, arguments.WithReason),
    _action("resume", "Resume a campaign", "start", _resume),
    _action("cancel", "Cancel a campaign", "cancel", _cancel, confirm=True),
]
