"""Domains come with two keys, sign for those they belong to, and are found again under their records."""

from functools import partial

import pytest

from mailhub import domains
from mailhub.accounts import DkimKey, Domain
from mailhub.db import transaction
from mailhub.dkim_check import verify
from mailhub.domains.models import DomainCheck
from mailhub.errors import Invalid
from mailhub.hub import Hub
from mailhub.testing import make_owner
from tests.mailhub.domains.zones import configure

MAIL = b"From: a@news.example.org\r\nSubject: x\r\n\r\nHello\r\n"


def _add(core: Hub, account: int, name: str) -> None:
    with transaction():
        domains.add(core, account, name)


def _signed_by(core: Hub, account: int, name: str) -> set[str]:
    signer = domains.signer_for(core, account, name)
    if signer is None:
        return set()
    return {each.domain for each in verify(signer.sign_raw(MAIL) + MAIL, domains.public_record) if each.passed}


def test_a_domain_has_an_rsa_and_an_ed25519_key_that_are_kept_sealed(core: Hub) -> None:
    _account, _, actor = make_owner(core)
    answer = core.call(actor, "domains.add", name=" News.Example.ORG. ")
    assert answer["name"] == "news.example.org"
    published = [record for record in answer["records"] if "._domainkey." in record["name"]]
    assert [record["type"] for record in published] == ["TXT", "TXT"]
    keys = list(DkimKey.select())
    assert {key.algorithm for key in keys} == {"rsa-sha256", "ed25519-sha256"}
    for key in keys:
        assert b"PRIVATE" not in bytes(key.private_key)
        assert b"PRIVATE KEY" in core.keyring.decrypt(key.private_key)
    for record in published:
        assert domains.public_record(record["name"].encode() + b".") == record["value"].encode()


def test_a_name_in_any_script_is_kept_in_a_labels(core: Hub) -> None:
    assert core.call(make_owner(core)[2], "domains.add", name="exämple.org")["name"] == "xn--exmple-cua.org"


@pytest.mark.parametrize("name", ["", "localhost", "a..b", "-", "a b.example", "x" * 64 + ".org", ".org"])
def test_what_is_no_domain_is_refused(sqlite_core: Hub, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        domains.add(sqlite_core, make_owner(sqlite_core)[0].id, name)
    assert set(caught.value.fields) == {"name"}


def test_the_nearest_of_an_accounts_domains_signs(core: Hub) -> None:
    account = make_owner(core)[0].id
    assert _signed_by(core, account, "news.example.org") == set()
    _add(core, account, "example.org")
    assert _signed_by(core, account, "a.news.example.org") == {"example.org"}
    _add(core, account, "news.example.org")
    assert _signed_by(core, account, "a.news.example.org") == {"news.example.org"}
    assert _signed_by(core, account, "example.org") == {"example.org"}
    assert _signed_by(core, account, "other.org") == set()


def test_the_operators_domain_signs_for_no_other_account(core: Hub) -> None:
    operator, account = (make_owner(core)[0].id for _ in range(2))
    _add(core, operator, "example.org")
    assert _signed_by(core, account, "example.org") == set()


def test_another_accounts_domain_signs_for_nobody_else(core: Hub) -> None:
    make_owner(core)
    one, two = make_owner(core)[0].id, make_owner(core)[0].id
    _add(core, one, "example.org")
    assert domains.signer_for(core, two, "example.org") is None


def test_an_account_has_its_own_records_alone(core: Hub) -> None:
    _, one, two = (make_owner(core)[0].id for _ in range(3))
    _add(core, one, "example.org")
    signer = domains.signer_for(core, one, "example.org")
    assert signer is not None
    verdicts = verify(signer.sign_raw(MAIL) + MAIL, partial(domains.public_record, account_id=one))
    assert [each.passed for each in verdicts] == [True, True]
    assert domains.public_record(b"mh-rsa._domainkey.example.org", two) is None


@pytest.mark.parametrize("name", [b"", b"x", b"\xff._domainkey.example.org", b"mh._domainkey.none.example"])
def test_a_record_nobody_has_is_none(sqlite_core: Hub, name: bytes) -> None:
    assert domains.public_record(name) is None


def _leads(domain: Domain, kind: str, name: str, state: str = "ok", **columns: int) -> None:
    DomainCheck.create(domain=domain, kind=kind, name=name, state=state, since=1, checked_at=1, **columns)


def test_bounces_go_to_the_domain_once_that_leads_here(sqlite_core: Hub) -> None:
    account = make_owner(sqlite_core)[0].id
    _add(sqlite_core, account, "example.org")
    where = partial(domains.return_path_for, sqlite_core, account)
    assert where("news.example.org") == "news.example.org"
    _leads(Domain.get(), "return_path", "bounce.example.org", "missing")
    assert where("news.example.org") == "news.example.org"
    DomainCheck.update(state="ok").execute()
    assert where("news.example.org") == "bounce.example.org"
    assert where("other.example") == "other.example"
    DomainCheck.update(state="unasked", good_at=1).execute()
    assert where("news.example.org") == "bounce.example.org"
    DomainCheck.update(failures=1).execute()
    assert where("news.example.org") == "news.example.org"
    configure(sqlite_core, "delivery", return_path_domain="bounces.example.net")
    assert where("news.example.org") == "bounces.example.net"


def test_mail_leaves_under_the_name_where_spf_passes(sqlite_core: Hub) -> None:
    account = make_owner(sqlite_core)[0].id
    _add(sqlite_core, account, "example.org")
    where = partial(domains.return_path_for, sqlite_core, account)
    _leads(Domain.get(), "return_path", "bounce.example.org")
    _leads(Domain.get(), "spf", "bounce.example.org")
    _leads(Domain.get(), "spf", "example.org")
    mine = DomainCheck.name == "bounce.example.org"
    assert where("example.org") == "bounce.example.org"
    for state in ("missing", "wrong"):
        DomainCheck.update(state=state).where(mine, DomainCheck.kind == "spf").execute()
        assert where("example.org") == "example.org"
    assert where("news.example.org") == "bounce.example.org"  # nobody knows of SPF at that name
    assert domains.mail_host_for(sqlite_core, account, "example.org") == "bounce.example.org"  # answers come here still
    DomainCheck.update(state="missing").where(DomainCheck.name == "example.org").execute()
    assert where("example.org") == "bounce.example.org"  # nothing would be won


def test_mail_to_our_own_addresses_needs_a_host_that_leads_here(sqlite_core: Hub) -> None:
    account = make_owner(sqlite_core)[0].id
    _add(sqlite_core, account, "example.org")
    where = partial(domains.mail_host_for, sqlite_core, account)
    assert where("example.org") == ""
    _leads(Domain.get(), "return_path", "bounce.example.org", "ok")
    assert where("news.example.org") == "bounce.example.org"
    assert where("other.example") == ""
    configure(sqlite_core, "delivery", return_path_domain="bounces.example.net")
    assert where("other.example") == "bounces.example.net"


def test_links_have_the_domains_name_where_its_owner_wants_that_and_it_answers(sqlite_core: Hub) -> None:
    configure(sqlite_core, "server", public_url="https://hub.example:8443/mail/")
    account = make_owner(sqlite_core)[0].id
    _add(sqlite_core, account, "example.org")
    base = partial(domains.link_base_for, sqlite_core, account)
    usual, own = "https://hub.example:8443/mail", "https://link.example.org:8443/mail"
    _leads(Domain.get(), "tracking", "link.example.org")
    assert base("example.org") == usual
    Domain.update(own_links=True).execute()
    assert base("news.example.org") == own
    for state in ("warning", "missing", "wrong"):
        DomainCheck.update(state=state).execute()
        assert base("example.org") == usual
    assert base("other.example") == usual


def test_what_is_not_proved_signs_in_the_sandbox_alone(sqlite_core: Hub) -> None:
    make_owner(sqlite_core)
    account = make_owner(sqlite_core)[0].id
    _add(sqlite_core, account, "example.org")
    assert _signs(sqlite_core, account)
    configure(sqlite_core, "delivery", route="direct")
    assert not _signs(sqlite_core, account)
    Domain.update(proved_at=1).execute()
    assert _signs(sqlite_core, account)


def _signs(core: Hub, account: int) -> bool:
    return domains.signer_for(core, account, "example.org") is not None


def test_a_shared_domain_signs_for_whom_it_is_given_to(core: Hub) -> None:
    operator, account = (make_owner(core)[0].id for _ in range(2))
    _add(core, operator, "example.org")
    Domain.update(shared=True).execute()
    assert _signed_by(core, account, "news.example.org") == {"example.org"}
