"""What was seen is kept; a domain breaks after two failing looks, once, and never because nobody answered."""

from typing import Any

import pytest

from mailhub import domains
from mailhub.accounts import AccountSetting, DkimKey, Domain
from mailhub.db import transaction
from mailhub.domains import keys, owning
from mailhub.domains.models import DomainCheck
from mailhub.domains.noting import note, said
from mailhub.domains.policy import ROTATE
from mailhub.domains.verdicts import Look, State, Verdict
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.messages import Event
from mailhub.testing import Clock, make_owner


@pytest.fixture
def domain(core: Hub) -> Domain:
    core.clock = Clock()
    make_owner(core)
    account = make_owner(core)[0].id
    with transaction():
        return domains.add(core, account, "acme.example")


def verdict(kind: str, state: State, name: str = "acme.example") -> Verdict:
    return Verdict(kind, name, state, Sentence("Mend {name}.", name=name), "found")


def look(hub: Hub, domain: Domain, *verdicts: Verdict, proofs: tuple[str, ...] = (), after: float = 3600) -> None:
    hub.clock.move(after)  # type: ignore[attr-defined]
    with transaction():
        note(hub, Domain.get_by_id(domain.id), Look(verdicts, proofs))


def told() -> list[tuple[str, dict[str, Any]]]:
    kinds = ("domain.broken", "domain.mended", "domain.keys_made")
    return [(row.kind, row.values) for row in Event.select().where(Event.kind.in_(kinds)).order_by(Event.id)]


def row_of(kind: str) -> DomainCheck:
    return DomainCheck.get(DomainCheck.kind == kind)


def test_what_was_seen_is_kept_since_it_began(core: Hub, domain: Domain) -> None:
    look(core, domain, verdict("spf", "missing"))
    first = core.ms()
    look(core, domain, verdict("spf", "missing"))
    kept = row_of("spf")
    assert (kept.state, kept.since, kept.checked_at, kept.failures, kept.good_at) == (
        "missing",
        first,
        core.ms(),
        2,
        None,
    )
    assert (kept.found, said(kept)) == ("found", "Mend acme.example.")
    assert said(kept).template == "Mend {name}."
    look(core, domain, verdict("spf", "ok"))
    kept = row_of("spf")
    assert (kept.state, kept.since, kept.failures, kept.good_at) == ("ok", core.ms(), 0, core.ms())
    look(core, domain)
    assert DomainCheck.select().count() == 0


def test_what_never_worked_is_not_broken(core: Hub, domain: Domain) -> None:
    for _ in range(4):
        look(core, domain, verdict("spf", "missing"), verdict("dmarc", "wrong"))
    assert told() == []


def test_a_domain_breaks_at_the_second_failure_and_is_told_once_and_mended_once(core: Hub, domain: Domain) -> None:
    look(core, domain, verdict("spf", "ok"), verdict("dmarc", "warning"), verdict("mta_sts", "ok"))
    failing = (verdict("spf", "missing"), verdict("dmarc", "wrong"), verdict("mta_sts", "missing"))
    look(core, domain, *failing)
    assert told() == []
    for _ in range(3):
        look(core, domain, *failing)
    broken = {"domain": "acme.example", "checks": ["spf", "dmarc"], "said": "Mend acme.example."}
    assert told() == [("domain.broken", broken)]
    assert Event.get(Event.kind == "domain.broken").account_id == domain.account_id
    assert domains.broken_of(domain.account_id) == ["acme.example"]
    for _ in range(2):
        look(core, domain, verdict("spf", "ok"), verdict("dmarc", "missing"))
    look(core, domain, verdict("spf", "ok"), verdict("dmarc", "ok"))
    assert [values["checks"] for kind, values in told() if kind == "domain.mended"] == [["spf"], ["dmarc"]]
    assert len(told()) == 3
    assert domains.broken_of(domain.account_id) == []


def test_silence_neither_breaks_nor_mends(core: Hub, domain: Domain) -> None:
    look(core, domain, verdict("spf", "ok"))
    for _ in range(4):
        look(core, domain, verdict("spf", "unasked"))
    assert told() == []
    assert row_of("spf").found == "found"
    look(core, domain, verdict("spf", "missing"))
    look(core, domain, verdict("spf", "unasked"))
    look(core, domain, verdict("spf", "missing"))
    assert len(told()) == 1
    look(core, domain, verdict("spf", "unasked"))
    assert row_of("spf").broken_at is not None
    assert len(told()) == 1


def test_one_failure_between_two_good_looks_is_forgiven(core: Hub, domain: Domain) -> None:
    for state in ("ok", "missing", "ok", "wrong", "warning", "missing"):
        look(core, domain, verdict("spf", state))  # type: ignore[arg-type]
    assert told() == []


def test_only_keys_that_sign_are_counted(core: Hub, domain: Domain) -> None:
    with transaction():
        keys.rotate(core, domain)
    names = {key.state: keys.record_name(key, domain.name) for key in keys.keys_of(domain)}
    for state in ("ok", "missing", "missing"):
        look(core, domain, verdict("dkim", state, names["next"]), after=60)  # type: ignore[arg-type]
    assert told() == []
    for state in ("ok", "missing", "missing"):
        look(core, domain, verdict("dkim", state, names["active"]), after=60)  # type: ignore[arg-type]
    assert [values["checks"] for _, values in told()] == [["dkim"]]


def test_the_next_look_is_spread_and_sooner_when_in_doubt(core: Hub, domain: Domain) -> None:
    look(core, domain, verdict("spf", "ok"))
    pause = Domain.get_by_id(domain.id).check_at - core.ms()
    assert 0.8 * 21_600_000 <= pause <= 1.2 * 21_600_000
    look(core, domain, verdict("spf", "missing"))
    assert Domain.get_by_id(domain.id).check_at - core.ms() == 900_000
    look(core, domain, verdict("spf", "missing"))
    assert Domain.get_by_id(domain.id).check_at - core.ms() > 900_000


def test_a_proof_that_was_seen_proves(core: Hub, domain: Domain) -> None:
    look(core, domain, verdict("proof", "missing"))
    assert Domain.get_by_id(domain.id).proved_at is None
    look(core, domain, verdict("proof", "ok"), proofs=(owning.proof_value(domain),))
    assert Domain.get_by_id(domain.id).proved_at == core.ms()
    look(core, domain, verdict("proof", "missing"))
    look(core, domain, verdict("proof", "missing"))
    assert [kind for kind, _ in told()] == ["domain.broken"]
    assert Domain.get_by_id(domain.id).proved_at is not None


def test_new_keys_sign_by_themselves_after_an_hour_in_dns(core: Hub, domain: Domain) -> None:
    with transaction():
        keys.rotate(core, domain)
    names = [keys.record_name(key, domain.name) for key in keys.keys_of(domain, "next")]
    look(core, domain, *(verdict("dkim", "ok", name) for name in names))
    look(core, domain, *(verdict("dkim", "ok", name) for name in names), after=3000)
    assert len(keys.keys_of(domain, "next")) == 2
    look(core, domain, verdict("dkim", "ok", names[0]), verdict("dkim", "missing", names[1]), after=601)
    assert len(keys.keys_of(domain, "next")) == 2
    look(core, domain, *(verdict("dkim", "ok", name) for name in names), after=10)
    look(core, domain, *(verdict("dkim", "ok", name) for name in names), after=3601)
    assert [len(keys.keys_of(domain, state)) for state in ("next", "active", "retired")] == [0, 2, 2]


def test_retired_keys_are_forgotten_once_their_time_is_over_and_their_records_are_gone(
    core: Hub, domain: Domain
) -> None:
    with transaction():
        keys.rotate(core, domain)
        keys.activate(core, domain, force=True)
    names = [keys.record_name(key, domain.name) for key in keys.keys_of(domain, "retired")]
    gone = [verdict("dkim", "missing", name) for name in names]
    look(core, domain, *gone)
    assert len(keys.keys_of(domain, "retired")) == 2
    look(core, domain, *(verdict("dkim", "ok", name) for name in names), after=7 * 86_400)
    assert len(keys.keys_of(domain, "retired")) == 2
    look(core, domain, *gone)
    assert (keys.keys_of(domain, "retired"), len(keys.keys_of(domain, "active"))) == ([], 2)
    assert told() == []


def test_keys_are_made_when_their_days_are_over(core: Hub, domain: Domain) -> None:
    look(core, domain, after=100 * 86_400)
    assert keys.keys_of(domain, "next") == []
    AccountSetting.create(account=domain.account_id, key=ROTATE, value=90)
    look(core, domain)
    assert len(keys.keys_of(domain, "next")) == 2
    assert told() == [("domain.keys_made", {"domain": "acme.example"})]
    look(core, domain)
    assert DkimKey.select().count() == 4
    assert len(told()) == 1


def test_a_domain_deleted_meanwhile_is_left_alone(core: Hub, domain: Domain) -> None:
    with transaction():
        owning.delete(Domain.get_by_id(domain.id))
        note(core, domain, Look((verdict("spf", "ok"),), ()))
    assert DomainCheck.select().count() == 0
