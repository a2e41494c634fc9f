"""What can be asked of verification, once for all doors."""

from typing import Any

from marshmallow import fields, validate

from mailhub.actions import Action, Arguments, argument
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub_verification import checking, forgetting, suppressing, verifications
from mailhub_verification.marks import VERDICTS

MOST = 1000
"""Characters of an address that are looked at; a longer one is none."""


class CheckAddress(Arguments):
    address = argument(fields.String, "e-mail address", required=True, validate=validate.Length(max=MOST))
    dns = argument(fields.Boolean, "false: ask DNS nothing", load_default=True)


class ListVerifications(Arguments):
    before = argument(fields.Integer, "go on with verifications older than this number", load_default=None)
    limit = argument(
        fields.Integer,
        "how many, 1 to 100",
        load_default=25,
        validate=validate.Range(1, 100, error=Sentence("The limit is a whole number from 1 to 100.")),
    )


class StartVerification(Arguments):
    audience = argument(fields.String, "the list: its name, its number, or list:3", required=True)


class OneVerification(Arguments):
    number = argument(fields.Integer, "number of the verification", required=True)


class ReadResults(OneVerification):
    verdict = argument(
        fields.String, "deliverable, risky, undeliverable or unknown; left out: all", load_default="",
        validate=validate.OneOf(["", *VERDICTS], error="{input} is no verdict: write one of {choices}."),
    )  # fmt: skip
    after = argument(fields.Integer, "go on after this key", load_default=0)
    limit = argument(
        fields.Integer,
        "how many, 1 to 1,000",
        load_default=50,
        validate=validate.Range(1, 1000, error=Sentence("The limit is a whole number from 1 to 1,000.")),
    )


class SuppressFound(OneVerification):
    scope = argument(fields.String, "bulk: campaigns only; all: transactional mail too", load_default="bulk")


class KeepFor(Arguments):
    days = argument(
        fields.Integer, "days that findings are kept; 0: until somebody deletes them", required=True,
        validate=validate.Range(0, forgetting.LONGEST, error="Days are a whole number from 0 to 3,650."),
    )  # fmt: skip


def _check(hub: Hub, actor: Actor, address: str, dns: bool) -> dict[str, Any]:
    return checking.check_one(hub, actor.account_id, address, dns).told()


def _list(hub: Hub, actor: Actor, before: int | None, limit: int) -> dict[str, Any]:
    rows = verifications.latest(actor.account_id, before, limit + 1)
    shown = rows[:limit]
    told = [verifications.show(hub, each) for each in shown]
    return {"verifications": told, "next": shown[-1].id if len(rows) > limit else None}


def _show(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return verifications.show(hub, verifications.find(actor.account_id, number))


def _results(hub: Hub, actor: Actor, number: int, verdict: str, after: int, limit: int) -> dict[str, Any]:
    rows = verifications.found(verifications.find(actor.account_id, number), verdict, after, limit + 1)
    shown = rows[:limit]
    more = shown[-1].key if len(rows) > limit else None
    return {"number": number, "results": [verifications.show_found(each) for each in shown], "next": more}


def _start(hub: Hub, actor: Actor, audience: str) -> dict[str, Any]:
    return verifications.show(hub, verifications.start(hub, actor, audience))


def _cancel(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    record = verifications.find(actor.account_id, number)
    verifications.cancel(hub, record)
    return verifications.show(hub, verifications.find(actor.account_id, number))


def _suppress(hub: Hub, actor: Actor, number: int, scope: str) -> dict[str, Any]:
    record = suppressing.begin(hub, actor, verifications.find(actor.account_id, number), scope)
    return {**verifications.show(hub, record), "job": record.suppress_job_id}


def _delete(hub: Hub, actor: Actor, number: int) -> dict[str, Any]:
    return {"number": number, "job": forgetting.delete(hub, verifications.find(actor.account_id, number))}


def _keep(hub: Hub, actor: Actor, days: int) -> dict[str, Any]:
    forgetting.keep_for(actor.account_id, days)
    return {"days": days}


# Checking one address changes nothing, so no transaction is open while DNS is waited for.
ACTIONS: tuple[Action, ...] = (
    Action("verification.check", "Verify an address", "verifications.run", _check, CheckAddress, changes=False),
    Action("verifications.list", "Show verifications", "verifications.view", _list, ListVerifications, changes=False),
    Action("verifications.show", "Show a verification", "verifications.view", _show, OneVerification, changes=False),
    Action(
        "verifications.results", "Read what a verification found", "verifications.view", _results, ReadResults,
        changes=False,
    ),
    Action("verifications.start", "Verify a list", "verifications.run", _start, StartVerification, target="audience"),
    Action(
        "verifications.cancel", "Cancel a verification", "verifications.run", _cancel, OneVerification,
        confirm=True, target="number",
    ),
    Action(
        "verifications.suppress", "Suppress undeliverable addresses", "verifications.suppress", _suppress, SuppressFound,
        confirm=True, target="number",
    ),
    Action(
        "verifications.delete", "Delete what a verification found", "verifications.run", _delete, OneVerification,
        confirm=True, target="number",
    ),
    Action("verifications.keep", "Choose how long findings are kept", "account.edit", _keep, KeepFor, target="days"),
)  # fmt: skip
