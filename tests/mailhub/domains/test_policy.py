"""Who may write from which domain, and what becomes of mail from another."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest

from mailhub import domains
from mailhub.accounts import OPERATOR, Account, AccountSetting, Domain
from mailhub.domains import policy
from mailhub.errors import Forbidden, Sentence
from mailhub.hub import Hub
from mailhub.messages import Content
from mailhub.permissions import Actor
from mailhub.routes import RouteRow, RouteRule, RouteTarget
from mailhub.testing import make_owner
from tests.mailhub.domains.zones import configure

REFUSAL = Sentence("No {domain}.", domain="x")


@pytest.fixture
def leaving(core: Hub) -> Hub:
    """A hub whose mail leaves, with the operator's account and others (2, 3, 4)."""
    configure(core, "delivery", route="smart_host", smart_host="relay.example")
    for _ in range(4):
        make_owner(core)
    return core


def own(account: int, name: str, proved: bool = True, **flags: bool) -> Domain:
    return Domain.create(account=account, name=name, proved_at=1 if proved else None, created_at=1, **flags)


def may(hub: Hub, account: int, *names: str) -> list[bool]:
    return [domains.may_write_from(hub, account, name) for name in names]


def test_a_proved_domain_and_what_lies_under_it(leaving: Hub) -> None:
    own(2, "acme.example")
    assert may(leaving, 2, "acme.example", "a.news.acme.example") == [True, True]
    assert may(leaving, 2, "example", "notacme.example", "acme.example.net", "") == [False] * 4
    assert may(leaving, 3, "acme.example") == [False]


def test_an_unproved_one_is_nobodys(leaving: Hub) -> None:
    own(2, "acme.example", proved=False)
    assert may(leaving, 2, "acme.example", "news.acme.example") == [False, False]
    assert domains.signer_for(leaving, 2, "acme.example") is None
    configure(leaving, "domains", proof=False)
    assert may(leaving, 2, "acme.example") == [True]


def test_the_operators_needs_no_proof_and_is_its_own_unless_shared(leaving: Hub) -> None:
    row = own(OPERATOR, "server.example", proved=False)
    assert may(leaving, OPERATOR, "server.example") == [True]
    assert may(leaving, 2, "server.example") == [False]
    Domain.update(shared=True).where(Domain.id == row.id).execute()
    assert may(leaving, 2, "server.example", "news.server.example") == [True, True]


def test_shared_means_nothing_in_an_account(leaving: Hub) -> None:
    own(2, "acme.example", shared=True)
    assert may(leaving, 3, "acme.example") == [False]


def test_sub_accounts_inherit_by_the_flag_alone(leaving: Hub) -> None:
    Account.update(parent=2).where(Account.id == 3).execute()
    Account.update(parent=3).where(Account.id == 4).execute()
    own(2, "closed.example")
    own(2, "open.example", inherited=True)
    own(2, "unproved.example", proved=False, inherited=True)
    for account in (3, 4):
        assert may(leaving, account, "open.example", "closed.example", "unproved.example") == [True, False, False]
    own(3, "below.example", inherited=True)
    assert may(leaving, 2, "below.example") == [False]


def test_a_circle_of_accounts_ends(leaving: Hub) -> None:
    Account.update(parent=3).where(Account.id == 2).execute()
    Account.update(parent=2).where(Account.id == 3).execute()
    own(3, "acme.example", inherited=True)
    assert may(leaving, 2, "acme.example", "other.example") == [True, False]


def test_the_sandbox_takes_any_as_long_as_nothing_leaves(leaving: Hub) -> None:
    configure(leaving, "delivery", route="sandbox")
    assert may(leaving, 2, "any.example") == [True]
    assert not domains.is_known(leaving, 2, "any.example")
    route = RouteRow.create(name="out", kind="direct", created_at=1)
    rule = RouteRule.create(position=1, account=2, created_at=1)
    RouteTarget.create(rule=rule, route=route)
    assert may(leaving, 2, "any.example") == [False]
    assert may(leaving, 3, "any.example") == [True]
    RouteRule.update(account=None).execute()
    assert may(leaving, 3, "any.example") == [False]
    RouteRow.update(enabled=False).execute()
    assert may(leaving, 3, "any.example") == [True]


def test_the_nearest_domain_is_found_and_the_own_one_first(leaving: Hub) -> None:
    own(OPERATOR, "example.org", shared=True)
    news = own(2, "news.example.org")
    found = policy.nearest(leaving, 2, "a.news.example.org")
    assert found is not None
    assert found.id == news.id
    assert policy.nearest(leaving, 3, "a.news.example.org") == Domain.get(Domain.name == "example.org")
    assert policy.nearest(leaving, 2, "other.example") is None
    assert policy.nearest(leaving, 2, "localhost") is None


def test_mail_from_somebody_elses_domain_never_leaves(leaving: Hub) -> None:
    own(2, "acme.example")
    own(3, "tried.example", proved=False)
    assert domains.is_others(leaving, 3, "news.acme.example")
    assert not domains.is_others(leaving, 2, "acme.example")
    assert not domains.is_others(leaving, 2, "tried.example")
    assert not domains.is_others(leaving, 2, "nobodys.example")


def choose(account: int, key: str, value: str) -> None:
    AccountSetting.create(account=account, key=key, value=value)


def test_refusing_is_the_rule(leaving: Hub) -> None:
    own(2, "acme.example")
    assert domains.sender_for(leaving, 2, "ada@acme.example", REFUSAL) is None
    with pytest.raises(Forbidden, match="No x"):
        domains.sender_for(leaving, 2, "ada@other.example", REFUSAL)


def test_rewriting_is_the_servers_or_the_accounts_choice(leaving: Hub) -> None:
    own(2, "acme.example")
    configure(leaving, "domains", from_policy="rewrite")
    assert domains.sender_for(leaving, 2, "ada@other.example", REFUSAL) == ("mail@acme.example", "ada@other.example")
    choose(2, policy.POLICY, "refuse")
    with pytest.raises(Forbidden):
        domains.sender_for(leaving, 2, "ada@other.example", REFUSAL)
    with pytest.raises(Forbidden, match="no domain to write from"):
        domains.sender_for(leaving, 3, "ada@other.example", REFUSAL)


def test_the_chosen_address_counts_while_its_domain_does(leaving: Hub) -> None:
    own(OPERATOR, "server.example", shared=True)
    assert domains.default_address(leaving, 2) == "mail@server.example"
    own(2, "unproved.example", proved=False)
    row = own(2, "acme.example")
    assert domains.sending_domains(leaving, 2) == ["acme.example", "server.example"]
    choose(2, policy.ADDRESS, "hello@news.acme.example")
    assert domains.default_address(leaving, 2) == "hello@news.acme.example"
    row.delete_instance()
    assert domains.default_address(leaving, 2) == "mail@server.example"
    assert domains.default_address(leaving, 3) == "mail@server.example"


def send(hub: Hub, actor: Actor, **more: object) -> EmailMessage:
    """Send one message through the API's action; the mail that was taken in."""
    given = {"from": "Ada <ada@other.example>", "to": "reader@example.net", "subject": "Hi", "text": "Hello", **more}
    hub.call(actor, "messages.send", **given)
    body = bytes(Content.select().order_by(Content.id.desc()).get().body)
    return cast(EmailMessage, message_from_bytes(body, policy=default))


def test_single_messages_are_refused_or_rewritten(core: Hub) -> None:
    make_owner(core)
    actor = make_owner(core)[2]
    configure(core, "delivery", route="smart_host", smart_host="relay.example")
    own(actor.account_id, "acme.example")
    with pytest.raises(Forbidden, match="may not write from other.example"):
        send(core, actor)
    core.call(actor, "domains.configure", from_policy="rewrite", from_address="shop@acme.example")
    mail = send(core, actor)
    assert (mail["From"], mail["Reply-To"]) == ("Ada <shop@acme.example>", "ada@other.example")
    assert mail["X-Original-From"] == "ada@other.example"
    assert Content.select().order_by(Content.id.desc()).get().from_address == "shop@acme.example"
    assert send(core, actor, reply_to="help@other.example")["Reply-To"] == "help@other.example"
    assert send(core, actor, **{"from": "Ada <ada@acme.example>"})["From"] == "Ada <ada@acme.example>"
