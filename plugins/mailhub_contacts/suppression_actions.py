"""What can be asked about suppressed addresses, for every door."""

from typing import Any

from marshmallow import fields, validate

from mailhub.accounts import AccountSetting
from mailhub.actions import Action, Arguments, argument
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.suppressing import SCOPE, SOFT_DAYS, SOFT_LIMIT
from mailhub_contacts import suppressions
from mailhub_contacts.texts import Texts


class ListSuppressions(Arguments):
    search = argument(fields.String, "a whole address, or a part of one", load_default="")
    before = argument(fields.Integer, "go on with entries older than this number", load_default=None)
    limit = argument(
        fields.Integer,
        "how many, 1 to 1,000",
        load_default=50,
        validate=validate.Range(1, 1000, error=Sentence("The limit is a whole number from 1 to 1,000.")),
    )


class AddSuppressions(Arguments):
    addresses = argument(Texts, "e-mail addresses, with commas or line ends between", required=True)
    scope = argument(fields.String, "bulk: campaigns only; all: transactional mail too", load_default="bulk")


class ReleaseSuppression(Arguments):
    address = argument(fields.String, "e-mail address", required=True)
    scope = argument(fields.String, "bulk or all; left out: both", load_default=None)


class SetRules(Arguments):
    soft_limit = argument(
        fields.Integer,
        "days with a soft bounce after which an address is suppressed; 0: never",
        load_default=None,
        validate=validate.Range(0, 366, error=Sentence("Days are a whole number from 0 to 366.")),
    )
    soft_days = argument(
        fields.Integer,
        "days within which they are counted",
        load_default=None,
        validate=validate.Range(1, 366, error=Sentence("Days are a whole number from 1 to 366.")),
    )
    complaints = argument(
        fields.String,
        "what an address that complained is kept from: bulk, or all",
        load_default=None,
        validate=validate.OneOf(("bulk", "all"), error=Sentence("Write bulk or all.")),
    )


def _list(hub: Hub, actor: Actor, search: str, before: int | None, limit: int) -> dict[str, Any]:
    found = suppressions.search(actor.account_id, search, before, limit + 1)
    shown = found[:limit]
    more = shown[-1].id if len(found) > limit else None
    return {"suppressions": [suppressions.show(each) for each in shown], "next": more}


def _add(hub: Hub, actor: Actor, addresses: list[str], scope: str) -> dict[str, Any]:
    return {"added": suppressions.add(hub, actor, addresses, scope), "given": len(addresses), "scope": scope}


def _release(hub: Hub, actor: Actor, address: str, scope: str | None) -> dict[str, Any]:
    return {"address": address, "released": suppressions.release(actor, address, scope)}


def rules(hub: Hub, account_id: int) -> dict[str, Any]:
    """What suppresses by itself in an account, as `suppressions.set_rules` takes it."""
    return {
        "soft_limit": hub.setting(account_id, SOFT_LIMIT),
        "soft_days": hub.setting(account_id, SOFT_DAYS),
        "complaints": hub.setting(account_id, SCOPE),
    }


def _set_rules(
    hub: Hub, actor: Actor, soft_limit: int | None, soft_days: int | None, complaints: str | None
) -> dict[str, Any]:
    for key, value in ((SOFT_LIMIT, soft_limit), (SOFT_DAYS, soft_days), (SCOPE, complaints)):
        if value is not None:
            AccountSetting.insert(account=actor.account_id, key=key, value=value).on_conflict(
                conflict_target=[AccountSetting.account, AccountSetting.key], update={AccountSetting.value: value}
            ).execute()
    return rules(hub, actor.account_id)


# No targets: an address is kept beside the log's chain, where it can be erased, never in it.
ACTIONS: tuple[Action, ...] = (
    Action("suppressions.list", "Show suppressions", "suppressions.view", _list, ListSuppressions, changes=False),
    Action("suppressions.add", "Suppress addresses", "suppressions.edit", _add, AddSuppressions),
    Action(
        "suppressions.release", "Release an address", "suppressions.edit", _release, ReleaseSuppression,
        confirm=True,
    ),
    Action(
        "suppressions.set_rules", "Choose which bounces and complaints suppress", "suppressions.edit", _set_rules, SetRules,
    ),
)  # fmt: skip
