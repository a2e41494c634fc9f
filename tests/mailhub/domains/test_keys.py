"""Keys are made, published, used, retired; what is on its way during the overlap verifies with either."""

import pytest

from mailhub import domains
from mailhub.accounts import DkimKey, Domain
from mailhub.db import transaction
from mailhub.dkim_check import verify
from mailhub.domains import keys
from mailhub.domains.models import DomainCheck
from mailhub.errors import Conflict
from mailhub.hub import Hub
from mailhub.testing import Clock, make_owner

MAIL = b"From: a@acme.example\r\nSubject: x\r\n\r\nHello\r\n"


@pytest.fixture
def domain(sqlite_core: Hub) -> Domain:
    sqlite_core.clock = Clock()
    account = make_owner(sqlite_core)[0].id
    with transaction():
        return domains.add(sqlite_core, account, "acme.example")


def states(domain: Domain) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in keys.keys_of(domain):
        found.setdefault(key.state, []).append(key.selector)
    return found


def signed(hub: Hub) -> bytes:
    signer = domains.signer_for(hub, 1, "acme.example")
    assert signer is not None
    return signer.sign_raw(MAIL) + MAIL


def selectors(mail: bytes) -> set[str]:
    return {each.selector for each in verify(mail, domains.public_record) if each.passed}


def publish(hub: Hub, domain: Domain, *, state: str = "ok") -> None:
    """As a look keeps it."""
    for key in keys.keys_of(domain):
        DomainCheck.create(
            domain=domain, kind="dkim", name=keys.record_name(key, domain.name), state=state, said={}, since=hub.ms(),
            checked_at=hub.ms(),
        )  # fmt: skip


def test_selectors_carry_the_day_and_further_keys_of_a_day_a_letter(sqlite_core: Hub, domain: Domain) -> None:
    assert states(domain) == {"active": ["mh20270115-ed25519", "mh20270115-rsa"]}
    keys.rotate(sqlite_core, domain)
    assert states(domain)["next"] == ["mh20270115b-ed25519", "mh20270115b-rsa"]
    sqlite_core.clock.move(86_400)
    with pytest.raises(Conflict, match="wait for their records"):
        keys.rotate(sqlite_core, domain)
    keys.activate(sqlite_core, domain, force=True)
    keys.rotate(sqlite_core, domain)
    assert states(domain)["next"] == ["mh20270116-ed25519", "mh20270116-rsa"]


def test_a_key_that_is_not_active_never_signs(sqlite_core: Hub, domain: Domain) -> None:
    old = selectors(signed(sqlite_core))
    assert old == {"mh20270115-rsa", "mh20270115-ed25519"}
    keys.rotate(sqlite_core, domain)
    assert selectors(signed(sqlite_core)) == old
    keys.activate(sqlite_core, domain, force=True)
    assert selectors(signed(sqlite_core)) == {"mh20270115b-rsa", "mh20270115b-ed25519"}


def test_mail_signed_before_the_change_verifies_during_the_overlap(sqlite_core: Hub, domain: Domain) -> None:
    before = signed(sqlite_core)
    keys.rotate(sqlite_core, domain)
    keys.activate(sqlite_core, domain, force=True)
    after = signed(sqlite_core)
    assert len(selectors(before)) == len(selectors(after)) == 2
    assert not selectors(before) & selectors(after)
    published = {name for name, _, _ in domains.records(domain)}
    assert len(published) == 4


def test_new_keys_are_used_once_dns_shows_them(sqlite_core: Hub, domain: Domain) -> None:
    with pytest.raises(Conflict, match="has no new keys"):
        keys.activate(sqlite_core, domain)
    keys.rotate(sqlite_core, domain)
    with pytest.raises(Conflict, match="was not seen in DNS yet"):
        keys.activate(sqlite_core, domain)
    publish(sqlite_core, domain, state="missing")
    with pytest.raises(Conflict, match="was not seen in DNS yet"):
        keys.activate(sqlite_core, domain)
    DomainCheck.update(state="ok").execute()
    keys.activate(sqlite_core, domain)
    assert len(states(domain)["active"]) == len(states(domain)["retired"]) == 2


def test_the_overlap_has_an_end(sqlite_core: Hub, domain: Domain) -> None:
    keys.rotate(sqlite_core, domain)
    keys.activate(sqlite_core, domain, force=True)
    retired = keys.keys_of(domain, "retired")[0]
    assert keys.over_at(sqlite_core, retired) == sqlite_core.ms() + 7 * 86_400_000
    assert not keys.is_over(sqlite_core, retired)
    assert not keys.is_over(sqlite_core, keys.keys_of(domain, "active")[0])
    sqlite_core.clock.move(7 * 86_400)
    assert keys.is_over(sqlite_core, retired)


def test_a_day_has_26_changes(sqlite_core: Hub, domain: Domain) -> None:
    for letter in "bcdefghijklmnopqrstuvwxyz":
        DkimKey.create(
            domain=domain, selector=f"mh20270115{letter}-rsa", algorithm="rsa-sha256", private_key=b"", record="",
            state="retired", created_at=1,
        )  # fmt: skip
    with pytest.raises(Conflict, match="26 times"):
        keys.rotate(sqlite_core, domain)
