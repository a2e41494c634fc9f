"""A domain as it is told: its standing in one word, its records with what was seen of each."""

from mailhub import domains
from mailhub.accounts import OPERATOR, Domain
from mailhub.db import transaction
from mailhub.domains import keys, showing
from mailhub.domains.models import DomainCheck
from mailhub.domains.noting import note
from mailhub.domains.verdicts import Look, Verdict
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.testing import make_owner


def add(hub: Hub, account: int, name: str = "acme.example") -> Domain:
    with transaction():
        return domains.add(hub, account, name)


def see(hub: Hub, domain: Domain, *verdicts: tuple[str, str, str]) -> Domain:
    made = tuple(Verdict(kind, name, state, Sentence("Mend {name}.", name=name)) for kind, name, state in verdicts)  # type: ignore[arg-type]
    with transaction():
        note(hub, domain, Look(made, ()))
    return Domain.get_by_id(domain.id)


def test_a_domain_stands_in_one_word(sqlite_core: Hub) -> None:
    make_owner(sqlite_core)
    mine, server = add(sqlite_core, make_owner(sqlite_core)[0].id), add(sqlite_core, OPERATOR, "server.example")
    assert showing.state_of(sqlite_core, mine) == "unproved"
    assert showing.state_of(sqlite_core, server) == "unchecked"
    server = see(sqlite_core, server, ("spf", server.name, "ok"), ("tls_rpt", "_smtp._tls.server.example", "missing"))
    assert showing.state_of(sqlite_core, server) == "ok"
    server = see(sqlite_core, server, ("spf", server.name, "missing"))
    assert showing.state_of(sqlite_core, server) == "incomplete"
    server = see(sqlite_core, server, ("spf", server.name, "missing"))
    assert showing.state_of(sqlite_core, server) == "broken"
    assert showing.broken_of(OPERATOR) == ["server.example"]
    assert showing.broken_of(mine.account_id) == []


def test_new_keys_that_wait_do_not_count(sqlite_core: Hub) -> None:
    domain = add(sqlite_core, make_owner(sqlite_core)[0].id)
    with transaction():
        keys.rotate(sqlite_core, domain)
    names = [keys.record_name(key, domain.name) for key in keys.keys_of(domain, keys.NEXT)]
    domain = see(sqlite_core, domain, *(("dkim", name, "missing") for name in names))
    assert showing.state_of(sqlite_core, domain) == "ok"


def test_everything_is_shown_with_what_was_seen(sqlite_core: Hub) -> None:
    domain = add(sqlite_core, make_owner(sqlite_core)[0].id)
    key = keys.keys_of(domain)[0]
    name = keys.record_name(key, domain.name)
    domain = see(
        sqlite_core, domain, ("dkim", name, "ok"), ("ptr", "192.0.2.1", "missing"), ("spf", domain.name, "wrong")
    )
    told = showing.show(sqlite_core, domain)
    seen = {record["name"]: record for record in told["records"]}
    assert (seen[name]["state"], seen[name]["said"]) == ("ok", f"Mend {name}.")
    assert seen["_dmarc.acme.example"]["state"] == "unchecked"
    assert [(each["kind"], each["state"]) for each in told["checks"]] == [("spf", "wrong"), ("ptr", "missing")]
    assert {each["selector"]: each["published"] for each in told["keys"]}[key.selector] is True
    assert told["checked_at"] == domain.checked_at


def test_domains_that_were_given(sqlite_core: Hub) -> None:
    make_owner(sqlite_core)
    account = make_owner(sqlite_core)[0].id
    add(sqlite_core, OPERATOR, "kept.example")
    Domain.update(shared=True).where(Domain.id == add(sqlite_core, OPERATOR, "server.example").id).execute()
    assert [each.name for each in showing.given_to(sqlite_core, account)] == ["server.example"]
    assert showing.given_to(sqlite_core, OPERATOR) == []


def test_a_domain_whose_name_servers_never_answered_is_not_called_ready(sqlite_core: Hub) -> None:
    domain = Domain.create(account=make_owner(sqlite_core)[0], name="acme.example", created_at=1, checked_at=2)
    columns = {"domain": domain, "name": "acme.example", "since": 1, "checked_at": 2}
    row = DomainCheck.create(kind="spf", state="unasked", **columns)
    assert showing.state_of(sqlite_core, domain) == "unchecked"
    DomainCheck.update(good_at=1).where(DomainCheck.id == row.id).execute()
    assert showing.state_of(sqlite_core, domain) == "ok"
