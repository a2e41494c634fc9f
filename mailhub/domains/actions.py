"""What can be asked about domains, once for all doors."""

from typing import Any

import marshmallow
from marshmallow import fields

from mailhub.accounts import AccountSetting, Domain
from mailhub.actions import Action, Arguments, argument
from mailhub.address import REASONS, check, domain_of, normalise
from mailhub.domains import keys, owning, policy, showing
from mailhub.domains.records import records_of
from mailhub.domains.watching import ask
from mailhub.errors import Invalid, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor

_NAME = "domain name, such as news.example.com"


class OneDomain(Arguments):
    name = argument(fields.String, _NAME, required=True)


class Force(OneDomain):
    force = argument(fields.Boolean, "use the new keys though DNS does not show them", load_default=False)


class Change(OneDomain):
    shared = argument(fields.Boolean, "all accounts may write from it; the operator's alone", load_default=None)
    inherited = argument(fields.Boolean, "sub-accounts may write from it", load_default=None)
    own_links = argument(fields.Boolean, "links of campaigns go through link.<name>", load_default=None)


class Configure(Arguments):
    from_policy = argument(
        fields.String, "mail from other domains: refuse or rewrite; empty: as the server says", load_default=None,
        validate=marshmallow.validate.OneOf(["", "refuse", "rewrite"], error="Write refuse or rewrite."),
    )  # fmt: skip
    from_address = argument(fields.String, "address that rewritten mail comes from; empty: mail@ the first domain",
                            load_default=None)  # fmt: skip
    rotate_days = argument(
        fields.Integer, "days after which new signing keys are made; 0: only when asked", load_default=None,
        validate=marshmallow.validate.Range(0, 3650, error=Sentence("Days are a whole number from 0 to 3,650.")),
    )  # fmt: skip


def _add(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    domain = owning.add(hub, actor.account_id, name)
    made = [{"name": each.name, "type": each.type, "value": each.value} for each in records_of(hub, domain)]
    return {"name": domain.name, "records": made}


def _list(hub: Hub, actor: Actor) -> dict[str, Any]:
    own = Domain.of(actor.account_id).order_by(Domain.name)
    return {
        "domains": [showing.brief(hub, each) for each in own],
        "given": [each.name for each in showing.given_to(hub, actor.account_id)],
    }


def _show(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    return showing.show(hub, owning.find(actor.account_id, name))


def _check(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    domain = owning.find(actor.account_id, name)
    ask(hub, domain)
    return showing.show(hub, domain)


def _rotate(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    domain = owning.find(actor.account_id, name)
    keys.rotate(hub, domain)
    Domain.update(check_at=hub.ms()).where(Domain.id == domain.id).execute()
    return showing.show(hub, domain)


def _activate(hub: Hub, actor: Actor, name: str, force: bool) -> dict[str, Any]:
    domain = owning.find(actor.account_id, name)
    keys.activate(hub, domain, force)
    return showing.show(hub, domain)


def _change(
    hub: Hub, actor: Actor, name: str, shared: bool | None, inherited: bool | None, own_links: bool | None
) -> dict[str, Any]:
    domain = owning.find(actor.account_id, name)
    owning.change(domain, shared, inherited, own_links)
    return showing.show(hub, domain)


def _delete(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    domain = owning.find(actor.account_id, name)
    owning.delete(domain)
    return {"name": domain.name}


def _configure(
    hub: Hub, actor: Actor, from_policy: str | None, from_address: str | None, rotate_days: int | None
) -> dict[str, Any]:
    if from_address:
        from_address = _own_address(hub, actor.account_id, from_address)
    given = {policy.POLICY: from_policy, policy.ADDRESS: from_address, policy.ROTATE: rotate_days}
    for key, value in given.items():
        if value is not None:
            AccountSetting.delete().where(
                AccountSetting.account == actor.account_id, AccountSetting.key == key
            ).execute()
            AccountSetting.create(account=actor.account_id, key=key, value=value)
    return settings_of(hub, actor.account_id)


def settings_of(hub: Hub, account_id: int) -> dict[str, Any]:
    """What an account chose about its domains."""
    return {
        "from_policy": hub.setting(account_id, policy.POLICY),
        "from_address": hub.setting(account_id, policy.ADDRESS),
        "rotate_days": hub.setting(account_id, policy.ROTATE),
    }


def _own_address(hub: Hub, account_id: int, given: str) -> str:
    address = normalise(given)
    if (reason := check(address)) is not None:
        raise Invalid(fields={"from_address": Sentence(REASONS[reason])})
    if not policy.is_known(hub, account_id, domain_of(address)):
        raise Invalid(
            fields={
                "from_address": Sentence(
                    "{domain} is not among your domains: choose an address of one that is proved.",
                    domain=domain_of(address),
                )
            }
        )
    return address


def _edit(verb: str, title: str, run: Any, arguments: type[Arguments] = OneDomain, confirm: bool = False) -> Action:
    return Action(f"domains.{verb}", title, "domains.edit", run, arguments, confirm=confirm, target="name")


ACTIONS: tuple[Action, ...] = (
    Action("domains.add", "Add a domain", "domains.add", _add, OneDomain, target="name"),
    Action("domains.list", "List the domains", "domains.view", _list, changes=False),
    Action("domains.show", "Show a domain with its records", "domains.view", _show, OneDomain, changes=False),
    _edit("check", "Check the records of a domain now", _check),
    _edit("rotate", "Make new signing keys", _rotate),
    _edit("activate", "Sign with the new keys", _activate, Force),
    _edit("change", "Change whom a domain is for", _change, Change),
    _edit("delete", "Delete a domain", _delete, confirm=True),
    Action("domains.configure", "Choose how mail from other domains is treated", "domains.edit", _configure, Configure),
)
