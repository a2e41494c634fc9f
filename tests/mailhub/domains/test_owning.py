"""Whose a domain is: who proves it has it, and somebody else's claim blocks nobody."""

import pytest

from mailhub.accounts import OPERATOR, Domain
from mailhub.db import transaction
from mailhub.domains import owning
from mailhub.errors import Conflict, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.testing import make_owner
from tests.mailhub.domains.zones import configure


def accounts(hub: Hub, count: int = 3) -> list[int]:
    """The operator's account and others."""
    return [make_owner(hub)[0].id for _ in range(count)]


def add(hub: Hub, account: int, name: str = "acme.example") -> Domain:
    with transaction():
        return owning.add(hub, account, name)


def take(hub: Hub, domain: Domain, *texts: str) -> bool:
    with transaction():
        return owning.take(hub, Domain.get_by_id(domain.id), texts)


def proved(domain: Domain) -> bool:
    return Domain.get_by_id(domain.id).proved_at is not None


def test_the_operators_needs_no_proof_and_an_accounts_does(core: Hub) -> None:
    operator, one, _ = accounts(core)
    assert operator == OPERATOR
    assert proved(add(core, operator, "server.example"))
    assert not proved(add(core, one))


def test_a_team_that_trusts_itself_needs_none(core: Hub) -> None:
    _, one, two = accounts(core)
    configure(core, "domains", proof=False)
    assert proved(add(core, one))
    with pytest.raises(Conflict, match="belongs to another account"):
        add(core, two)


def test_an_account_has_so_many_domains_and_the_operator_any_number(sqlite_core: Hub) -> None:
    operator, one, _ = accounts(sqlite_core)
    configure(sqlite_core, "domains", per_account=2)
    for number in range(3):
        add(sqlite_core, operator, f"{number}.server.example")
    first = add(sqlite_core, one, "a.example")
    add(sqlite_core, one, "b.example")
    with pytest.raises(Conflict, match="has 2 domains, and no more"):
        add(sqlite_core, one, "c.example")
    with transaction():
        owning.delete(first)
    add(sqlite_core, one, "c.example")
    configure(sqlite_core, "domains", per_account=0)
    add(sqlite_core, one, "d.example")


def test_a_name_is_in_an_account_once_and_in_two_while_nobody_proved_it(core: Hub) -> None:
    _, one, two = accounts(core)
    add(core, one)
    with pytest.raises(Conflict, match="in this account already"):
        add(core, one, "ACME.example.")
    add(core, two)
    assert Domain.select().where(Domain.name == "acme.example").count() == 2


def test_the_servers_own_is_nobody_elses(core: Hub) -> None:
    operator, one, _ = accounts(core)
    mine = add(core, one, "later.example")
    assert take(core, mine, owning.proof_value(mine))
    with pytest.raises(Conflict, match="belongs to another account"):
        add(core, operator, "later.example")
    add(core, operator, "server.example")
    with pytest.raises(Conflict, match="belongs to another account"):
        add(core, one, "server.example")


def test_only_the_own_token_proves(core: Hub) -> None:
    _, one, two = accounts(core)
    mine, theirs = add(core, one), add(core, two)
    assert mine.token != theirs.token
    assert not take(core, mine)
    assert not take(core, mine, owning.proof_value(theirs), "mailhub-verification=", owning.proof_value(mine)[:-1])
    assert not proved(mine)
    assert take(core, mine, "something", owning.proof_value(mine))
    assert proved(mine)
    assert not proved(theirs)


def test_who_proved_it_keeps_it_while_the_record_stands(core: Hub) -> None:
    _, one, two = accounts(core)
    mine, theirs = add(core, one), add(core, two)
    take(core, mine, owning.proof_value(mine))
    assert not take(core, theirs, owning.proof_value(theirs), owning.proof_value(mine))
    assert (proved(mine), proved(theirs)) == (True, False)
    rival = owning.rival_of(Domain.get_by_id(theirs.id))
    assert rival is not None
    assert rival.id == mine.id


def test_a_domain_that_changed_hands_is_its_new_owners(core: Hub) -> None:
    _, one, two = accounts(core)
    mine, theirs = add(core, one), add(core, two)
    take(core, mine, owning.proof_value(mine))
    assert take(core, theirs, owning.proof_value(theirs))
    assert (proved(mine), proved(theirs)) == (False, True)


def test_a_proof_that_goes_away_takes_nothing_by_itself(core: Hub) -> None:
    _, one, _ = accounts(core)
    mine = add(core, one)
    take(core, mine, owning.proof_value(mine))
    assert take(core, mine)
    assert proved(mine)


def test_a_domain_of_another_account_is_not_found(core: Hub) -> None:
    _, one, two = accounts(core)
    add(core, one)
    assert owning.find(one, "ACME.example").name == "acme.example"
    for account, name in ((two, "acme.example"), (one, "other.example"), (one, "no domain")):
        with pytest.raises(NotFound, match="There is no domain"):
            owning.find(account, name)


def test_flags_are_the_operators_or_an_accounts(core: Hub) -> None:
    operator, one, _ = accounts(core)
    mine, server = add(core, one), add(core, operator, "server.example")
    with pytest.raises(Invalid, match="Only the operator's"):
        owning.change(mine, shared=True, inherited=None, own_links=None)
    owning.change(mine, shared=False, inherited=True, own_links=True)
    owning.change(server, shared=True, inherited=None, own_links=None)
    kept = [(row.shared, row.inherited, row.own_links) for row in Domain.select().order_by(Domain.id)]
    assert kept == [(False, True, True), (True, False, False)]


def test_deleting_takes_keys_along(core: Hub) -> None:
    _, one, _ = accounts(core)
    with transaction():
        owning.delete(add(core, one))
    assert Domain.select().count() == 0
