"""What can be asked of the queue: an account of its own messages, the server's operator of all of them, and of the lanes."""

from collections.abc import Callable
from typing import Any

from marshmallow import fields, validate

from mailhub.actions import Action, Arguments, argument
from mailhub.address import domain_of, normalise
from mailhub.delivery.shaping import of_config
from mailhub.errors import Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.messages import Queued, Source
from mailhub.outbox import waiting
from mailhub.outbox.waiting import DELETE, HOLD, RELEASE, RETRY, Chosen, Order
from mailhub.permissions import Actor
from mailhub.queueing import orders, seeing

MOST = 500
"""Groups in one answer."""


def domain(text: str) -> str | None:
    """A domain as the queue keeps it: in small letters, without an @ before it; None for an empty one: whichever."""
    bare = text.rpartition("@")[2].strip()
    return domain_of(normalise(f"x@{bare}")) if bare else None


class ListQueue(Arguments):
    domain = argument(fields.String, "only what waits for this domain", load_default="")
    reason = argument(
        fields.String, "only what waits for this reason, such as greylisted; turn: for none", load_default=None
    )
    limit = argument(
        fields.Integer,
        "groups, 500 at most",
        load_default=100,
        validate=validate.Range(1, MOST, error=Sentence("The limit is a whole number from 1 to 500.")),
    )


class ListServerQueue(ListQueue):
    account = argument(fields.Integer, "only what is of this account", load_default=None)


class ChooseWaiting(Arguments):
    number = argument(fields.Integer, "number of one message", load_default=None)
    domain = argument(fields.String, "those to this domain", load_default="")
    reason = argument(
        fields.String, "those that wait for this reason, such as greylisted; turn: for none", load_default=None
    )
    all = argument(fields.Boolean, "yes: all that waits, when nothing else is chosen", load_default=False)


class ChooseServerWaiting(Arguments):
    account = argument(fields.Integer, "those of this account", load_default=None)
    domain = argument(fields.String, "those to this domain", load_default="")
    reason = argument(
        fields.String, "those that wait for this reason, such as greylisted; turn: for none", load_default=None
    )
    all = argument(fields.Boolean, "yes: all that waits, when nothing else is chosen", load_default=False)


def listed(hub: Hub, chosen: Chosen, limit: int, by_operator: bool) -> dict[str, Any]:
    """What waits: `messages` and `groups` in all, and `waiting`, the largest groups."""
    found, closed = waiting.groups(chosen, limit), seeing.shut(hub.ms())
    return {
        "messages": found.messages,
        "groups": found.groups,
        "waiting": [seeing.told(each, by_operator, closed) for each in found.rows],
    }


def _list(hub: Hub, actor: Actor, domain: str, reason: str | None, limit: int) -> dict[str, Any]:
    return listed(hub, _chosen(domain, reason, actor.account_id), limit, by_operator=False)


def _list_all(
    hub: Hub, actor: Actor, domain: str, reason: str | None, limit: int, account: int | None
) -> dict[str, Any]:
    return listed(hub, _chosen(domain, reason, account), limit, by_operator=True)


def _chosen(to: str, reason: str | None, account_id: int | None) -> Chosen:
    return Chosen(domain(to), seeing.inward(reason), account_id)


def _lanes(hub: Hub, actor: Actor) -> dict[str, Any]:
    return {"lanes": [each._asdict() for each in seeing.all_lanes(hub.ms(), of_config(hub.config).names)]}


def _own(verb: str) -> Callable[..., dict[str, Any]]:
    """What an account does with its own messages."""

    def run(hub: Hub, actor: Actor, number: int | None, domain: str, reason: str | None, all: bool) -> dict[str, Any]:
        _check((number, domain, reason), all)
        chosen = _chosen(domain, reason, actor.account_id)._replace(number=number)
        if number is not None and not _waits(number, actor.account_id):
            raise NotFound("There is no message {number} that waits: it may have left meanwhile.", number=number)
        return orders.carry_out(hub, actor.account_id, Order(verb, chosen))

    return run


def _waits(number: int, account_id: int) -> bool:
    mine = Queued.select().join(Source).where(Queued.id == number, Source.account == account_id)
    return bool(mine.exists())


def _whole(verb: str) -> Callable[..., dict[str, Any]]:
    """What the operator does with anybody's."""

    def run(hub: Hub, actor: Actor, account: int | None, domain: str, reason: str | None, all: bool) -> dict[str, Any]:
        _check((account, domain, reason), all)
        return orders.carry_out(hub, actor.account_id, Order(verb, _chosen(domain, reason, account), by_operator=True))

    return run


def _check(chosen: tuple[object, ...], all: bool) -> None:
    """Nobody deletes a whole queue by leaving out a word. Raises `Invalid`."""
    if not all and not any(each not in (None, "") for each in chosen):
        raise Invalid(fields={"all": Sentence("Say which messages: a domain, a reason, or all=yes for all that wait.")})


def _action(name: str, title: str, permission: str, run: Callable[..., Any], arguments: type[Arguments]) -> Action:
    return Action(name, title, permission, run, arguments, confirm=name.endswith(f".{DELETE}"), target="domain")


_EDIT, _SERVER, _WHOLE = "queue.edit", "server.queue", ChooseServerWaiting
ACTIONS: tuple[Action, ...] = (
    Action("queue.list", "Show what waits to be sent", "messages.view", _list, ListQueue, changes=False),
    Action("queue.lanes", "Show the lanes and their pace", "server.view", _lanes, changes=False),
    _action("queue.retry", "Retry waiting messages", _EDIT, _own(RETRY), ChooseWaiting),
    _action("queue.hold", "Hold waiting messages", _EDIT, _own(HOLD), ChooseWaiting),
    _action("queue.release", "Release held messages", _EDIT, _own(RELEASE), ChooseWaiting),
    _action("queue.delete", "Delete waiting messages", _EDIT, _own(DELETE), ChooseWaiting),
    Action(
        "server_queue.list", "Show what waits on the whole server", "server.view", _list_all, ListServerQueue,
        changes=False,
    ),
    _action("server_queue.retry", "Retry what waits on the server", _SERVER, _whole(RETRY), _WHOLE),
    _action("server_queue.hold", "Hold what waits on the server", _SERVER, _whole(HOLD), _WHOLE),
    _action("server_queue.release", "Release what is held on the server", _SERVER, _whole(RELEASE), _WHOLE),
    _action("server_queue.delete", "Delete what waits on the server", _SERVER, _whole(DELETE), _WHOLE),
)  # fmt: skip
