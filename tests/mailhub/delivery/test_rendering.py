"""From claimed rows to bytes: each recipient's own language, fields, links and return path; whole mails as they came."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from mailhub import domains, hookimpl, outbox
from mailhub.accounts import Account, Domain
from mailhub.db import transaction
from mailhub.delivery import rendering
from mailhub.delivery.building import Builder, Ready
from mailhub.delivery.content import Draft
from mailhub.delivery.freezing import freeze
from mailhub.delivery.rendering import Composer
from mailhub.delivery.smtp_words import Dsn
from mailhub.dkim_check import verify
from mailhub.domains.models import DomainCheck
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.messages import Content, Envelope, Source, Waiting
from mailhub.testing import Clock, make_owner, make_source
from tests.mailhub.domains.zones import configure


class Fields:
    """A plugin that knows recipients 1 and 2, and counts how often it is asked."""

    asked = 0

    @hookimpl
    def recipient_fields(self, hub: Hub, account: int, keys: list[int]) -> dict[int, dict[str, str]]:
        self.asked += 1
        return {key: {"display": f"Zoé {key}"} for key in keys if key < 3}


def _draft(hello: str) -> Draft:
    html = f'<p>{hello} {{{{ display }}}}</p><a href="https://example.com/{hello}">x</a> {{{{ unsubscribe_url }}}}'
    return Draft(f"{hello} {{{{ display }}}}", html, "", "news@example.org", "News", "")


def _source(core: Hub, account: Account) -> Source:
    with transaction():
        content = freeze(core, account.id, {"en": _draft("Hello"), "fr": _draft("Bonjour")}, "en", True, True)
    return make_source(core, account, [], content=content)


def _waiting(number: int, language: str = "", **columns: Any) -> Waiting:
    return Waiting(number, number, f"u{number}@example.com", number, "example.com", language, **columns)


def _build(ready: Ready) -> bytes:
    [made] = Builder().build([ready])
    assert isinstance(made, bytes), made
    return made


def _refusal(core: Hub, source: Source) -> str:
    """Why a source's message is not sent."""
    [error] = Builder().build(Composer(core).ready(source, [_waiting(1)]))
    assert isinstance(error, UserError)
    return str(error)


def _leave_for_good(core: Hub) -> None:
    """From now on mail leaves the server, not for the sandbox."""
    core.config = replace(core.config, delivery=replace(core.config.delivery, route="smart_host"))


def _read(ready: Ready) -> EmailMessage:
    mail = message_from_bytes(_build(ready), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_each_recipient_gets_their_own(sqlite_core: Hub) -> None:
    source, fields = _source(sqlite_core, make_owner(sqlite_core)[0]), Fields()
    sqlite_core.manager.register(fields, "contacts")
    made = Composer(sqlite_core).ready(source, [_waiting(1, "fr"), _waiting(2, "de"), _waiting(3)])
    mails = [_read(each) for each in made]
    assert [mail["Subject"] for mail in mails] == ["Bonjour Zoé 1", "Hello Zoé 2", "Hello"]
    assert [mail["To"] for mail in mails] == ["u1@example.com", "u2@example.com", "u3@example.com"]
    assert fields.asked == 1
    assert all(each.stuffed for each in made)


def test_tokens_and_return_paths_lead_back_to_the_message(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, make_owner(sqlite_core)[0])
    [made] = Composer(sqlite_core).ready(source, [_waiting(77, "fr")])
    mail, token = _read(made), sqlite_core.tokens.message(source.content_id, 77)
    html = mail.get_body(("html",)).get_content()
    assert f"http://localhost:8000/c/{token}/1" in html
    assert f"http://localhost:8000/o/{token}.gif" in html
    assert mail["List-Unsubscribe"] == f"<http://localhost:8000/u/{token}>"
    assert mail["Reply-To"] is None
    local, _, domain = made.envelope_from.partition("@")
    assert domain == "example.org"
    assert sqlite_core.tokens.read_return_path(local.removeprefix("bounce+")) == (source.content_id, 77)
    assert mail["Message-ID"] == f"<77.{source.content_id}@example.org>"


def test_the_message_id_is_the_same_at_every_attempt(sqlite_core: Hub) -> None:
    source, composer = _source(sqlite_core, make_owner(sqlite_core)[0]), Composer(sqlite_core)
    ids = {_read(composer.ready(source, [_waiting(5, attempts=attempt)])[0])["Message-ID"] for attempt in (0, 1)}
    assert len(ids) == 1


def test_mail_of_a_known_domain_is_signed_twice_and_verifies(sqlite_core: Hub) -> None:
    account, _, _ = make_owner(sqlite_core)
    source, composer = _source(sqlite_core, account), Composer(sqlite_core)
    [unsigned] = composer.ready(source, [_waiting(1)])
    assert b"DKIM-Signature" not in _build(unsigned)
    Domain.delete().execute()
    with transaction():
        domains.add(sqlite_core, account.id, "example.org")
    [signed] = Composer(sqlite_core).ready(source, [_waiting(1)])
    verdicts = verify(_build(signed), domains.public_record)
    assert [(each.domain, each.passed, each.reason) for each in verdicts] == [("example.org", True, "")] * 2


def test_bounces_and_links_take_the_domains_own_names_once_they_lead_here(sqlite_core: Hub) -> None:
    account, _, _ = make_owner(sqlite_core)
    source = _source(sqlite_core, account)
    Domain.delete().execute()
    with transaction():
        domain = domains.add(sqlite_core, account.id, "example.org")
        Domain.update(own_links=True).where(Domain.id == domain.id).execute()
        for kind, name in (("return_path", "bounce.example.org"), ("tracking", "link.example.org")):
            DomainCheck.create(domain=domain, kind=kind, name=name, state="ok", since=1, checked_at=1)
    [made] = Composer(sqlite_core).ready(source, [_waiting(1)])
    assert made.envelope_from.endswith("@bounce.example.org")
    assert b"http://link.example.org:8000/c/" in _build(made)


@pytest.mark.parametrize("replies", [True, False])
def test_replies_and_farewells_come_here_where_a_host_leads_here(sqlite_core: Hub, replies: bool) -> None:
    account, _, _ = make_owner(sqlite_core)
    configure(sqlite_core, "delivery", return_path_domain="in.example.net")
    draft = replace(_draft("Hello"), reply_to="ada@example.org")
    with transaction():
        content = freeze(sqlite_core, account.id, {"en": draft}, "en", True, True, replies)
    source = make_source(sqlite_core, account, [], content=content)
    [made] = Composer(sqlite_core).ready(source, [_waiting(77)])
    mail, tokens = _read(made), sqlite_core.tokens
    leave = f"unsubscribe+{tokens.leave(content.id, 77)}@in.example.net"
    assert mail["List-Unsubscribe"].endswith(f", <mailto:{leave}>")
    here = f"News <reply+{tokens.reply(content.id, 77)}@in.example.net>"
    assert mail["Reply-To"] == (here if replies else "ada@example.org")
    configure(sqlite_core, "delivery", return_path_domain="")
    [made] = Composer(sqlite_core).ready(source, [_waiting(77)])
    assert _read(made)["Reply-To"] == "ada@example.org", "nothing leads here any more: replies must not be lost"


def test_mail_from_what_was_proved_to_be_somebody_elses_does_not_leave(sqlite_core: Hub) -> None:
    account, other = make_owner(sqlite_core)[0], make_owner(sqlite_core)[0]
    source = _source(sqlite_core, account)
    Domain.update(account=other, shared=False, proved_at=1).execute()
    assert "example.org belongs to another account" in _refusal(sqlite_core, source)


def test_mail_of_a_domain_that_was_never_proved_or_was_deleted_does_not_leave(sqlite_core: Hub) -> None:
    account = make_owner(sqlite_core, "Operator")[0], make_owner(sqlite_core)[0]
    source = _source(sqlite_core, account[1])
    Domain.update(account=account[1], shared=False).execute()
    Composer(sqlite_core).ready(source, [_waiting(1)])  # the sandbox takes it
    _leave_for_good(sqlite_core)
    assert "may not write from example.org" in _refusal(sqlite_core, source)
    Domain.update(proved_at=1).execute()
    [made] = Composer(sqlite_core).ready(source, [_waiting(1)])
    assert _read(made)["Subject"] == "Hello"
    Domain.delete().execute()
    assert "may not write from example.org" in _refusal(sqlite_core, source)


def test_a_domain_that_was_just_proved_may_be_written_from_a_second_later(sqlite_core: Hub) -> None:
    clock = Clock()
    sqlite_core.clock = clock
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], [])
    _leave_for_good(sqlite_core)
    Domain.update(name="other.example").execute()
    composer = Composer(sqlite_core)
    assert isinstance(Builder().build(composer.ready(source, [_waiting(1)]))[0], UserError)
    Domain.update(name="example.org").execute()
    clock.move(1.1)
    assert _read(composer.ready(source, [_waiting(1)])[0])["Subject"] == "News"


def test_the_servers_own_mail_leaves_for_every_account(sqlite_core: Hub) -> None:
    make_owner(sqlite_core, "Operator")
    source = make_source(sqlite_core, make_owner(sqlite_core)[0], [], stream="system")
    _leave_for_good(sqlite_core)
    Domain.delete().execute()
    [made] = Composer(sqlite_core).ready(source, [_waiting(1, envelope_from="")])
    assert (_read(made)["Subject"], made.envelope_from) == ("News", "")
    with transaction():
        domains.add(sqlite_core, 1, "example.org")
    [made] = Composer(sqlite_core).ready(source, [_waiting(1, envelope_from="")])
    assert _read(made)["DKIM-Signature"] is not None


def test_the_systems_mail_from_an_accounts_own_domain_has_its_signature(sqlite_core: Hub) -> None:
    make_owner(sqlite_core, "Operator")
    account = make_owner(sqlite_core)[0]
    source = make_source(sqlite_core, account, [], stream="system")
    Domain.delete().execute()
    with transaction():
        domains.add(sqlite_core, account.id, "example.org")
    Domain.update(proved_at=1).execute()
    [made] = Composer(sqlite_core).ready(source, [_waiting(1)])
    assert _read(made)["DKIM-Signature"] is not None
    assert made.envelope_from.startswith("bounce+")


def test_the_return_path_is_as_submitted_where_its_domain_is_the_accounts(sqlite_core: Hub) -> None:
    make_owner(sqlite_core, "Operator")
    victim, account = make_owner(sqlite_core)[0], make_owner(sqlite_core)[0]
    source = make_source(sqlite_core, account, [])
    Domain.create(account=victim, name="bank.example", proved_at=1, created_at=1)
    senders = ["me@sub.example.org", "", "x@bank.example", "x@nobody.example", "no address"]

    def paths() -> list[str]:
        batch = [_waiting(number, envelope_from=each) for number, each in enumerate(senders)]
        return [each.envelope_from for each in Composer(sqlite_core).ready(source, batch)]

    assert [path for path in paths() if path not in senders] == [paths()[2]], "the sandbox takes all but a tenant's"
    _leave_for_good(sqlite_core)
    assert paths()[:2] == senders[:2]
    own = [path.removeprefix("bounce+").removesuffix("@example.org") for path in paths()[2:]]
    assert [sqlite_core.tokens.read_return_path(each) for each in own] == [
        (source.content_id, number) for number in (2, 3, 4)
    ]


def test_a_whole_mail_leaves_as_it_came(sqlite_core: Hub) -> None:
    account, _, _ = make_owner(sqlite_core)
    source = make_source(sqlite_core, account, [])
    body = bytes(Content.get_by_id(source.content_id).body)
    [made] = Composer(sqlite_core).ready(source, [_waiting(1, envelope_from="me@example.org")])
    assert (_build(made), made.envelope_from, made.stuffed) == (body, "me@example.org", False)


def test_a_messages_own_content_wins_over_the_sources(sqlite_core: Hub) -> None:
    account, _, _ = make_owner(sqlite_core)
    source, other = make_source(sqlite_core, account, []), _source(sqlite_core, account)
    [made] = Composer(sqlite_core).ready(source, [_waiting(1, content_id=other.content_id)])
    assert _read(made)["Subject"] == "Hello"


def test_only_so_many_contents_are_kept(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "KEPT_CONTENTS", 2)
    account, _, _ = make_owner(sqlite_core)
    composer = Composer(sqlite_core)
    for _ in range(4):
        source = make_source(sqlite_core, account, [])
        assert _read(composer.ready(source, [_waiting(1)])[0])["Subject"] == "News"
    assert len(composer._contents) == 2


def test_large_mails_do_not_fill_the_memory(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    account, _, _ = make_owner(sqlite_core)
    sources = [make_source(sqlite_core, account, []) for _ in range(4)]
    size = len(bytes(Content.get_by_id(sources[0].content_id).body))
    monkeypatch.setattr(rendering, "KEPT_BYTES", 2 * size)
    composer = Composer(sqlite_core)
    for source in sources:
        composer.ready(source, [_waiting(1)])
    assert list(composer._contents) == [source.content_id for source in sources[2:]]
    monkeypatch.setattr(rendering, "KEPT_BYTES", 1)
    assert _read(composer.ready(sources[0], [_waiting(1)])[0])["Subject"] == "News"


def test_a_content_of_a_newer_version_is_said_so(sqlite_core: Hub) -> None:
    source = _source(sqlite_core, make_owner(sqlite_core)[0])
    Content.update(body=b'{"version": 99}').where(Content.id == source.content_id).execute()
    with pytest.raises(UserError, match="newer MailHub"):
        Composer(sqlite_core).ready(source, [_waiting(1)])


def test_a_batch_of_large_mails_is_cut_short_and_goes_on(sqlite_core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    account, _, _ = make_owner(sqlite_core)
    source = make_source(sqlite_core, account, [])
    contents = [
        Content.create(account=account, kind="mime", body=b"Subject: x\r\n\r\n" + bytes(1000), created_at=1).id
        for _ in range(5)
    ]
    monkeypatch.setattr(rendering, "KEPT_BYTES", 2500)
    batch = [_waiting(number)._replace(content_id=id_) for number, id_ in enumerate(contents)]
    composer = Composer(sqlite_core)
    assert len(composer.ready(source, batch)) == 3
    assert len(composer.ready(source, batch[3:])) == 2
    shared = [_waiting(number)._replace(content_id=contents[0]) for number in range(5)]
    assert len(composer.ready(source, shared)) == 5, "one content for many recipients is held once"


def test_what_a_submitter_asked_goes_along_with_mail_of_logins_alone(core: Hub) -> None:
    account, _, _ = make_owner(core)
    for kind, expected in (("smtp", Dsn(notify="NEVER")), ("test", None)):
        source = make_source(core, account, ["a@b.ca"], kind=kind)
        with transaction():
            [waiting] = outbox.claim(source, core.node.number, 5, core.ms())
            Envelope.create(message_id=waiting.id, notify="NEVER")
        [ready] = Composer(core).ready(source, [waiting])
        assert ready.dsn == expected


@pytest.mark.parametrize(
    ("sender", "notify"), [("a@example.org", "SUCCESS,FAILURE"), ("a@elsewhere.example", "FAILURE")]
)
def test_success_is_asked_for_where_the_submitters_address_leaves(sqlite_core: Hub, sender: str, notify: str) -> None:
    account, _, _ = make_owner(sqlite_core)
    source = make_source(sqlite_core, account, [], kind="smtp")
    content = Content.create(
        account=account, kind="mime", body=b"Subject: x\r\n\r\nx\r\n", created_at=1, from_address="a@example.org"
    )
    waiting = _waiting(7)._replace(content_id=content.id, envelope_from=sender)
    with transaction():
        Envelope.create(message_id=7, notify="SUCCESS,FAILURE")
        Domain.create(account=make_owner(sqlite_core, "Other")[0], name="elsewhere.example", proved_at=1, created_at=0)
    [ready] = Composer(sqlite_core).ready(source, [waiting])
    assert ready.envelope_from.startswith("a@example.org" if notify != "FAILURE" else "bounce+")
    assert ready.dsn == Dsn(notify=notify)
