"""Which domains an account may write from, and what becomes of mail from another one."""

from typing import NamedTuple

from mailhub.accounts import OPERATOR, Domain
from mailhub.address import domain_of
from mailhub.db import in_list, sql
from mailhub.domains.names import with_parents
from mailhub.errors import Forbidden, Sentence
from mailhub.hub import Hub
from mailhub.vocabulary import Setting

REFUSE, REWRITE = "refuse", "rewrite"
POLICY, ADDRESS, ROTATE = "domains.from_policy", "domains.from_address", "domains.rotate_days"
SETTINGS = (
    Setting(POLICY, "", "mail from a domain the account may not use: refuse or rewrite; empty: as the server says"),
    Setting(ADDRESS, "", "address that rewritten mail comes from; empty: mail@ the account's first domain"),
    Setting(ROTATE, 0, "days after which new signing keys are made; 0: only when asked"),
)

_ABOVE = (
    "WITH RECURSIVE above(id) AS (SELECT parent_id FROM accounts WHERE id = ? "
    "UNION SELECT accounts.parent_id FROM accounts JOIN above ON accounts.id = above.id) "
    "SELECT id FROM above WHERE id IS NOT NULL"
)
"""The accounts above one; UNION ends a circle."""
_OPEN = f"(account_id = ? OR (account_id = {OPERATOR} AND shared) OR (inherited AND account_id IN ({_ABOVE})))"
_PROVED = f"(proved_at IS NOT NULL OR account_id = {OPERATOR})"


def may_write_from(hub: Hub, account_id: int, domain: str) -> bool:
    """Whether an account may write from a domain (A-labels): one of its own or under it, proved; or one it was given.

    One query. While all mail of the account goes to the sandbox, newcomers may try any.
    """
    return is_known(hub, account_id, domain) or only_tries(hub, account_id)


def only_tries(hub: Hub, account_id: int) -> bool:
    """Whether nothing of an account can leave this server: the configured route and every rule lead to the sandbox."""
    if hub.config.delivery.route != "sandbox":
        return False
    leaving = sql(
        "SELECT 1 FROM route_targets JOIN routes ON routes.id = route_targets.route_id "
        "JOIN route_rules ON route_rules.id = route_targets.rule_id WHERE routes.kind <> 'sandbox' AND routes.enabled "
        "AND (route_rules.account_id IS NULL OR route_rules.account_id = ?) LIMIT 1",
        (account_id,),
    )
    return leaving.fetchone() is None


def is_others(hub: Hub, account_id: int, domain: str) -> bool:
    """Whether a domain is proved to be somebody else's, and the account may not write from it: such mail never leaves,
    however it came in."""
    condition, names = in_list("name", with_parents(domain) or [""])
    query = f"SELECT 1 FROM domains WHERE proved_at IS NOT NULL AND account_id <> ? AND {condition} LIMIT 1"
    return sql(query, (account_id, *names)).fetchone() is not None and not is_known(hub, account_id, domain)


def is_known(hub: Hub, account_id: int, domain: str) -> bool:
    """The same without the sandbox's leave."""
    return bool(_names(hub, account_id, with_parents(domain)))


def sending_domains(hub: Hub, account_id: int) -> list[str]:
    """The domains an account may write from: its own, the oldest first, then those it was given."""
    own = [row.name for row in usable(hub, account_id) if row.account_id == account_id]
    given = [row.name for row in usable(hub, account_id) if row.account_id != account_id]
    return [*own, *(name for name in given if name not in own)]


def usable(hub: Hub, account_id: int) -> list[Domain]:
    """The rows of those domains, the oldest first."""
    rows = sql(f"SELECT id FROM domains WHERE {_OPEN}{_proved(hub)}", (account_id, account_id)).fetchall()
    ids = [row[0] for row in rows]
    return list(Domain.select().where(Domain.id.in_(ids)).order_by(Domain.id)) if ids else []


def nearest(hub: Hub, account_id: int, name: str, unproved: bool = False) -> Domain | None:
    """The row that mail from `name` is written under: the nearest domain, of the same name the account's own.

    `unproved` takes an account's own domain that is not proved yet, too.
    """
    names = with_parents(name)
    if not names:
        return None
    condition, values = in_list("name", names)
    proved = "" if unproved else _proved(hub)
    found = sql(
        f"SELECT id, name, account_id FROM domains WHERE {_OPEN}{proved} AND {condition}",
        (account_id, account_id, *values),
    ).fetchall()
    best = max(found, key=lambda row: (len(row[1]), row[2] == account_id, -row[0]), default=None)
    return Domain.get_by_id(best[0]) if best else None


def _names(hub: Hub, account_id: int, names: list[str]) -> list[str]:
    if not names:
        return []
    condition, values = in_list("name", names)
    query = f"SELECT name FROM domains WHERE {_OPEN}{_proved(hub)} AND {condition}"
    return [row[0] for row in sql(query, (account_id, account_id, *values)).fetchall()]


def _proved(hub: Hub) -> str:
    return f" AND {_PROVED}" if hub.config.domains.proof else ""


class Rewritten(NamedTuple):
    """The address a mail comes from instead of its author's, who gets the answers."""

    address: str
    reply_to: str


def sender_for(hub: Hub, account_id: int, author: str, refusal: Sentence) -> Rewritten | None:
    """What becomes of mail from `author` (an address): None when it may leave as it is, else the address instead.

    Raises `Forbidden` with `refusal` when the account's policy is to refuse, or it has no domain to write from.
    """
    if may_write_from(hub, account_id, domain_of(author)):
        return None
    if policy_of(hub, account_id) != REWRITE:
        raise Forbidden(refusal)
    address = default_address(hub, account_id)
    if not address:
        raise Forbidden(
            "This account has no domain to write from, so mail from {domain} cannot leave: add one on the Domains page.",
            domain=domain_of(author),
        )
    return Rewritten(address, author)


def policy_of(hub: Hub, account_id: int) -> str:
    """`refuse` or `rewrite`: the account's choice, else the server's."""
    return str(hub.setting(account_id, POLICY) or hub.config.domains.from_policy)


def default_address(hub: Hub, account_id: int) -> str:
    """The address rewritten mail comes from: the chosen one while its domain may be used, else mail@ the first domain."""
    chosen = str(hub.setting(account_id, ADDRESS))
    if chosen and is_known(hub, account_id, domain_of(chosen)):
        return chosen
    names = sending_domains(hub, account_id)
    return f"mail@{names[0]}" if names else ""
