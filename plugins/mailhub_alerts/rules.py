"""The rules: on which kinds of event, for whom, by which channels when nobody chose. Kinds are names: of any plugin, or none."""

from typing import NamedTuple

from mailhub import Hub
from mailhub.accounts import OPERATOR

STARTED, FINISHED, PAUSED, HELD, BOUNCES, CREDIT, DOMAIN, LANE = (
    "campaign.started", "campaign.finished", "campaign.paused", "campaign.held", "campaign.bounces", "credit.low",
    "domain.broken", "lane.blocked",
)  # fmt: skip
MAIL = "mail"


class Rule(NamedTuple):
    """One line of the page. `kinds` must all be told by somebody, or the rule is not offered.

    `permission` is what a user needs to be told, `channels` the defaults, `threshold` percent, or None.
    """

    name: str
    kinds: tuple[str, ...]
    permission: str
    channels: tuple[str, ...] = ()
    threshold: float | None = None


RULES: dict[str, Rule] = {
    each.name: each
    for each in (
        Rule(STARTED, ("campaign.started",), "campaigns.view"),
        Rule(FINISHED, ("campaign.finished",), "campaigns.view"),
        Rule(PAUSED, ("campaign.paused",), "campaigns.view", (MAIL,)),
        Rule(HELD, ("campaign.started", "source.held"), "campaigns.view", (MAIL,)),
        Rule(BOUNCES, ("campaign.started",), "campaigns.view", (MAIL,), 5.0),
        Rule(CREDIT, ("credit.low",), "account.view", (MAIL,)),
        Rule(DOMAIN, ("domain.broken",), "domains.view", (MAIL,)),
        Rule(LANE, ("lane.blocked",), "server.view", (MAIL,)),
    )
}


def offered(hub: Hub, account_id: int) -> dict[str, Rule]:
    """The rules whose events a loaded plugin tells, by name; those about the server to the operator's account alone."""
    return {
        name: rule
        for name, rule in RULES.items()
        if set(rule.kinds) <= hub.event_kinds.keys()
        and (account_id == OPERATOR or hub.permissions[rule.permission].area != "Server")
    }
