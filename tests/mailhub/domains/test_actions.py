"""Domains through every door: what actions answer, what is logged, and what an account cannot do with another's."""

import pytest

from mailhub.accounts import Account, Domain
from mailhub.activity import Activity
from mailhub.domains.watching import REST
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import Clock, make_owner
from tests.dns_server import FAILING, SILENT, DnsServer, Zone
from tests.mailhub.domains.zones import configure, look, texts

PROOF = "_mailhub.acme.example"


@pytest.fixture
def owner(core: Hub) -> Actor:
    """The owner of an account that is not the operator's."""
    make_owner(core, "Operator")
    return make_owner(core)[2]


def check(hub: Hub, actor: Actor, zones: dict[str, Zone], name: str = "acme.example") -> dict:
    Domain.update(checked_at=None).where(Domain.name == name).execute()
    assert hub.call(actor, "domains.check", name=name)["looking"] is True
    with DnsServer(zones) as dns:
        configure(hub, "dns", resolvers=[dns.address])
        look(hub)
    shown = hub.call(actor, "domains.show", name=name)
    assert shown["looking"] is False
    return shown


def proof_of(answer: dict) -> str:
    return next(record["value"] for record in answer["records"] if record["name"] == PROOF)


def test_from_nothing_to_a_proved_domain(core: Hub, owner: Actor) -> None:
    value = proof_of(core.call(owner, "domains.add", name="Acme.example"))
    assert core.call(owner, "domains.show", name="acme.example")["state"] == "unproved"
    assert check(core, owner, {PROOF: texts("mailhub-verification=guess")})["proved"] is False
    assert check(core, owner, {PROOF: FAILING})["proved"] is False
    answer = check(core, owner, {PROOF: texts(value)})
    assert (answer["proved"], answer["state"]) == (True, "incomplete")
    assert core.call(owner, "domains.list") == {
        "domains": [{key: answer[key] for key in ("name", "state", "proved", "created_at", "checked_at")}], "given": [],
    }  # fmt: skip


def test_a_check_never_waits_for_dns_and_goes_on_once(core: Hub, owner: Actor) -> None:
    clock = core.clock = Clock()
    core.call(owner, "domains.add", name="acme.example")
    with DnsServer({PROOF: SILENT}) as dns:
        configure(core, "dns", resolvers=[dns.address], timeout=60.0)  # who waits for it waits for a minute
        assert core.call(owner, "domains.check", name="acme.example")["looking"] is True
        asked_at = Domain.get().asked_at
        clock.move(1)
        assert core.call(owner, "domains.check", name="acme.example")["looking"] is True
    assert Domain.get().asked_at == asked_at
    assert core.call(owner, "domains.show", name="acme.example")["checked_at"] is None


def test_a_check_right_after_the_last_one_is_refused(core: Hub, owner: Actor) -> None:
    clock = core.clock = Clock()
    core.call(owner, "domains.add", name="acme.example")
    check(core, owner, {})
    clock.move(REST - 1)
    with pytest.raises(Conflict, match=r"was looked up 4 s ago"):
        core.call(owner, "domains.check", name="acme.example")
    assert look(core) == 0
    clock.move(1)
    assert core.call(owner, "domains.check", name="acme.example")["looking"] is True


def test_another_accounts_claim_blocks_nobody(core: Hub, owner: Actor) -> None:
    rival = make_owner(core)[2]
    theirs, mine = (proof_of(core.call(actor, "domains.add", name="acme.example")) for actor in (rival, owner))
    assert theirs != mine
    assert check(core, rival, {PROOF: texts(mine)})["proved"] is False
    assert check(core, owner, {PROOF: texts(mine)})["proved"] is True
    later = check(core, rival, {PROOF: texts(mine, theirs)})
    assert later["proved"] is False
    assert "Another account" in next(each["said"] for each in later["records"] if each["kind"] == "proof")


def test_keys_are_rotated_and_used(core: Hub, owner: Actor) -> None:
    core.call(owner, "domains.add", name="acme.example")
    waiting = core.call(owner, "domains.rotate", name="acme.example")
    new = {record["name"]: record["value"] for record in waiting["records"] if record["key"] == "next"}
    assert len(new) == 2
    with pytest.raises(Conflict, match="not seen in DNS"):
        core.call(owner, "domains.activate", name="acme.example")
    check(core, owner, {name: texts(value) for name, value in new.items()})
    used = core.call(owner, "domains.activate", name="acme.example")
    assert sorted(key["state"] for key in used["keys"]) == ["active", "active", "retired", "retired"]
    assert {f"{key['selector']}._domainkey.acme.example" for key in used["keys"] if key["state"] == "active"} == set(
        new
    )


def test_who_may_only_look_changes_nothing(core: Hub, owner: Actor) -> None:
    core.call(owner, "domains.add", name="acme.example")
    reader = Actor(owner.account_id, "web", owner.user_id, "Rea", frozenset({"domains.view", "domains.add"}))
    assert core.call(reader, "domains.show", name="acme.example")["name"] == "acme.example"
    for verb in ("check", "rotate", "activate", "change", "delete"):
        with pytest.raises(Forbidden, match="domains.edit"):
            core.call(reader, f"domains.{verb}", name="acme.example")


def test_flags_and_deletion_are_logged(core: Hub, owner: Actor) -> None:
    core.call(owner, "domains.add", name="acme.example")
    assert core.call(owner, "domains.change", name="acme.example", inherited="true")["inherited"] is True
    with pytest.raises(Invalid, match="Only the operator's"):
        core.call(owner, "domains.change", name="acme.example", shared=True)
    assert core.call(owner, "domains.delete", name="acme.example") == {"name": "acme.example"}
    logged = [(row.action, row.target) for row in Activity.of(owner.account_id).order_by(Activity.sequence)]
    assert logged == [(f"domains.{verb}", "acme.example") for verb in ("add", "change", "delete")]
    assert core.action("domains.delete").confirm


def test_a_sub_account_writes_from_what_is_inherited_and_changes_nothing_of_it(core: Hub, owner: Actor) -> None:
    below = make_owner(core)[2]
    Account.update(parent=owner.account_id).where(Account.id == below.account_id).execute()
    value = proof_of(core.call(owner, "domains.add", name="acme.example"))
    check(core, owner, {PROOF: texts(value)})
    assert core.call(below, "domains.list")["given"] == []
    core.call(owner, "domains.change", name="acme.example", inherited=True)
    assert core.call(below, "domains.list") == {"domains": [], "given": ["acme.example"]}
    with pytest.raises(NotFound):
        core.call(below, "domains.delete", name="acme.example")


def test_choices(core: Hub, owner: Actor) -> None:
    with pytest.raises(Invalid, match="not among your domains"):
        core.call(owner, "domains.configure", from_address="me@acme.example")
    with pytest.raises(Invalid):
        core.call(owner, "domains.configure", from_address="nobody")
    with pytest.raises(Invalid, match="refuse or rewrite"):
        core.call(owner, "domains.configure", from_policy="burn")
    Domain.create(account=owner.account_id, name="acme.example", proved_at=1, created_at=1)
    core.call(owner, "domains.configure", from_policy="rewrite", rotate_days=30)
    answer = core.call(owner, "domains.configure", from_address="me@acme.example")
    assert answer == {"from_policy": "rewrite", "from_address": "me@acme.example", "rotate_days": 30}
    assert core.call(owner, "domains.configure", from_policy="")["from_policy"] == ""
