"""What a new account does first, and how far it has come. Steps whose pages are not there are not shown."""

from typing import NamedTuple

from flask import url_for
from flask_babel import gettext

from mailhub.accounts import Domain
from mailhub.domains import may_write_from
from mailhub.hub import Hub
from mailhub.messages import Kept, Source
from mailhub.permissions import Actor
from mailhub.web.auth import current_actor
from mailhub.web.menu import menu


class Step(NamedTuple):
    """One step: what to do, why, where, and whether it is done."""

    title: str
    reason: str
    url: str
    done: bool


def first_steps(hub: Hub, actor: Actor) -> list[Step]:
    """The steps open to the actor in order; empty once all are done."""
    pages = {group.name: group.lines[0].url for group in menu()}
    steps = [
        *([_domain(hub, actor)] if actor.may("domains.add") else []),
        *([_contacts(hub, actor, pages["Contacts"])] if "Contacts" in pages and _has_audiences(hub) else []),
        *([_campaign(actor, pages["Campaigns"])] if "Campaigns" in pages else []),
        *([_sandbox(actor)] if actor.may("sandbox.view") and hub.config.delivery.route == "sandbox" else []),
    ]
    return [] if all(step.done for step in steps) else steps


def campaigns_page() -> str:
    """Where campaigns are written, "" for whoever may write none, or when no plugin has such a page."""
    if not current_actor().may("campaigns.edit"):
        return ""
    return next((group.lines[0].url for group in menu() if group.name == "Campaigns"), "")


def _domain(hub: Hub, actor: Actor) -> Step:
    first = Domain.of(actor.account_id).order_by(Domain.id).first()
    if first is None:
        reason = gettext("Mail from your own domain is signed, and believed.")
        return Step(gettext("Add a domain"), reason, url_for("domains.new"), False)
    if not may_write_from(hub, actor.account_id, first.name):
        reason = gettext("Its DNS records show that %(name)s is yours; then mail leaves from it.", name=first.name)
        return Step(gettext("Publish the domain’s records"), reason, url_for("domains.show", name=first.name), False)
    return Step(
        gettext("Add a domain"), gettext("Mail from your own domain is signed, and believed."),
        url_for("domains.index"), True,
    )  # fmt: skip


def _has_audiences(hub: Hub) -> bool:
    """Whether some plugin keeps contacts; others may have pages beside theirs."""
    return bool(hub.hook.list_audiences.get_hookimpls())


def _contacts(hub: Hub, actor: Actor, url: str) -> Step:
    answers = hub.ask_safely("list_audiences", hub=hub, account=actor.account_id)
    done = any(audience.count for _, audiences in answers for audience in audiences or [])
    return Step(gettext("Import contacts"), gettext("A CSV, text or Excel file; columns are recognised."), url, done)


def _campaign(actor: Actor, url: str) -> Step:
    done = Source.of(actor.account_id).where(Source.kind == "campaign").exists()
    return Step(gettext("Send a campaign"), gettext("Write it, check it, choose who gets it."), url, done)


def _sandbox(actor: Actor) -> Step:
    done = Kept.select().where(Kept.account_id == actor.account_id).exists()
    reason = gettext("Mail is kept here and shown as it would arrive; nothing leaves the server.")
    return Step(gettext("Look into the sandbox"), reason, url_for("sandbox.index"), done)
