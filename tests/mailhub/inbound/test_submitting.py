from dataclasses import replace

import pytest

from mailhub import db, outbox, submission_access
from mailhub.accounts import Account, AccountSetting, Domain, SmtpCredential
from mailhub.errors import Forbidden
from mailhub.hub import Hub
from mailhub.inbound import submitting
from mailhub.inbound.repairing import Repaired, repair
from mailhub.messages import HELD, Content, Queued, Source
from mailhub.testing import make_owner


def make_credential(core: Hub) -> SmtpCredential:
    """A login of an account that is not the operator's."""
    make_owner(core, "Operator")
    account, _, _ = make_owner(core)
    core.config.delivery.__dict__["route"] = "smart_host"
    with db.transaction():
        return submission_access.create(core, account.id, "Web shop")[0]


def letter(credential: SmtpCredential, *authors: str) -> submitting.Letter:
    """A letter from these to two recipients."""
    return submitting.Letter(credential, "b@acme.example", ("a@b.ca", "c@d.ca"), Repaired(b"x", "Hi", list(authors)))


def submit(core: Hub, *letters: submitting.Letter) -> list[int]:
    """Submit in one transaction."""
    with db.transaction():
        return [submitting.submit(core, each) for each in letters]


def add_domain(account: Account | int, name: str) -> None:
    Domain.create(account=account, name=name, proved_at=1, created_at=0)


def test_one_content_for_all_recipients(core: Hub) -> None:
    credential = make_credential(core)
    add_domain(credential.account, "acme.example")
    (number,) = submit(core, letter(credential, "ada@acme.example"))
    content = Content.get()
    rows = list(Queued.select().order_by(Queued.id))
    assert [row.content_id for row in rows] == [content.id, content.id]
    assert number == rows[0].id
    assert (bytes(content.body), content.kind, content.subject, content.from_address, content.links) == (
        b"x", "mime", "Hi", "ada@acme.example", [],
    )  # fmt: skip
    assert {(row.source_id, row.envelope_from) for row in rows} == {(credential.source_id, "b@acme.example")}


@pytest.mark.parametrize("domain", ["acme.example", "news.acme.example", "a.b.acme.example"])
def test_domains_it_writes_from(core: Hub, domain: str) -> None:
    credential = make_credential(core)
    add_domain(credential.account, "acme.example")
    assert len(submit(core, letter(credential, f"ada@{domain}"))) == 1


@pytest.mark.parametrize(
    "domain", ["server.example", "notacme.example", "example", "other.example", "acme.example.net"]
)
def test_domains_it_does_not_write_from(core: Hub, domain: str) -> None:
    credential = make_credential(core)
    add_domain(credential.account, "acme.example")
    for name in ("server.example", "other.example"):
        add_domain(make_owner(core, "Stranger")[0], name)
    with pytest.raises(Forbidden, match=f"may not write from {domain}:"):
        submit(core, letter(credential, "ada@acme.example", f"ada@{domain}"))
    assert Content.select().count() == 0


def test_mail_from_another_domain_is_rewritten_where_the_account_chose_that(core: Hub) -> None:
    credential = make_credential(core)
    add_domain(credential.account, "acme.example")
    AccountSetting.create(account=credential.account, key="domains.from_policy", value="rewrite")
    given = b"From: Ada <ada@other.example>\r\nSubject: Hi\r\n\r\nHello\r\n"
    submit(core, replace(letter(credential), mail=Repaired(given, "Hi", ["ada@other.example"])))
    content = Content.get()
    assert content.from_address == "mail@acme.example"
    assert bytes(content.body).startswith(
        b'From: "Ada" <mail@acme.example>\r\nReply-To: Ada <ada@other.example>\r\n'
        b"X-Original-From: Ada <ada@other.example>\r\nSubject: Hi\r\n"
    )


def test_only_the_accounts_own_are_named_as_senders(core: Hub) -> None:
    credential = make_credential(core)
    add_domain(credential.account, "acme.example")
    add_domain(credential.account, "acme.net")
    add_domain(make_owner(core, "Bank")[0], "bank.example")
    header = b"From: ada@acme.example\r\nSender: v@bank.example\r\nResent-Sender: ada@acme.net\r\n"
    mail = repair(header + b"Resent-From: nobody\r\nDate: d\r\nMessage-ID: <m>\r\n\r\nHi\r\n", b"", core.now())
    submit(core, replace(letter(credential), mail=mail))
    kept = b"From: ada@acme.example\r\nResent-Sender: ada@acme.net\r\nDate: d\r\nMessage-ID: <m>\r\n\r\nHi\r\n"
    assert bytes(Content.get().body) == kept


def test_a_revoked_login(core: Hub) -> None:
    credential = make_credential(core)
    add_domain(credential.account, "acme.example")
    with db.transaction():
        submission_access.revoke(core, credential.account_id, credential.login)
    with pytest.raises(Forbidden, match="was revoked"):
        submit(core, letter(credential, "ada@acme.example"))


def test_holding(core: Hub) -> None:
    credential = make_credential(core)
    with db.transaction():
        submitting.hold(core, letter(credential), outbox.Held("no credit", core.ms() + 1000))
    source = Source.get_by_id(credential.source_id)
    assert (source.state, source.held_reason) == (HELD, "no credit")
