"""Domains with the records to publish, what DNS shows of them, and their keys; each account its own."""

import pytest

from mailhub.accounts import Domain
from mailhub.domains.keys import keys_of, record_name
from mailhub.hub import Hub
from tests.dns_server import DnsServer
from tests.mailhub.domains.zones import configure, look, texts

from .conftest import Browser

PAGE = "/settings/domains/news.example.com"


@pytest.fixture
def domain(owner: Browser) -> Domain:
    owner.get("/settings/domains/new")
    owner.post("/settings/domains/new", name="News.Example.COM")
    return Domain.get()


def test_a_domain_is_added_and_its_records_are_shown(owner: Browser) -> None:
    assert "No domain yet" in owner.get("/settings/domains").text
    answer = owner.post("/settings/domains/new", name="News.Example.COM")
    assert answer.headers["Location"] == PAGE
    text = owner.get(PAGE).text
    assert text.count('data-copy="v=DKIM1;') == 2
    for key in keys_of(Domain.get()):
        assert f'data-copy="{record_name(key, "news.example.com")}"' in text
        assert f"<code>{key.selector}._domainkey</code>" in text
        assert f"<code>{key.selector}._domainkey.news</code>" in text
    assert 'data-copy="_dmarc.news.example.com"' in text
    assert "is added" in text
    assert PAGE in owner.get("/settings/domains").text


def test_what_is_no_domain_is_said_so(owner: Browser) -> None:
    owner.get("/settings/domains/new")
    answer = owner.post("/settings/domains/new", name="no domain")
    assert answer.status_code == 422
    assert 'value="no domain"' in answer.text
    assert 'id="error-name"' in answer.text


def test_a_domain_is_added_once(owner: Browser, domain: Domain) -> None:
    assert owner.post("/settings/domains/new", name="news.example.com").status_code == 409
    assert Domain.select().count() == 1


def test_another_accounts_domain_is_not_there(owner: Browser, stranger: Browser, domain: Domain) -> None:
    assert stranger.get(PAGE).status_code == 404
    for verb in ("check", "rotate", "activate", "change", "delete"):
        assert stranger.post(f"{PAGE}/{verb}").status_code == 404
    assert "news.example.com" not in stranger.get("/settings/domains").text.replace("such as news.example.com", "")


def test_the_records_are_looked_up_and_what_is_wrong_is_said(hub: Hub, owner: Browser, domain: Domain) -> None:
    good, cut = keys_of(domain)
    zones = {
        record_name(good, domain.name): texts(good.record), record_name(cut, domain.name): texts(cut.record[:-60]),
        "_dmarc.news.example.com": texts("v=DMARC1; p=none", "v=DMARC1; p=reject"),
    }  # fmt: skip
    with DnsServer(zones) as dns:
        configure(hub, "dns", resolvers=[dns.address])
        assert owner.post(f"{PAGE}/check").headers["Location"] == PAGE
        following = owner.get(PAGE).text
        assert "being looked up now" in following
        assert f'hx-get="{PAGE}"' in following
        look(hub)
    text = owner.get(PAGE).text
    assert f'hx-get="{PAGE}"' not in text
    assert "is cut off" in text
    assert "2 DMARC records" in text
    assert "v=DMARC1; p=none | v=DMARC1; p=reject" in text
    assert "1 of 3 needed records are right" in text
    owner.post(f"{PAGE}/check")
    assert "check again in a moment" in owner.get(PAGE).text


def test_which_name_of_the_server_is_missing_is_said(hub: Hub, owner: Browser, domain: Domain) -> None:
    text = owner.get(PAGE).text
    assert "sets smtp.hostname." in text
    assert "sets server.public_url." in text
    configure(hub, "smtp", hostname="mail.hub.example")
    text = owner.get(PAGE).text
    assert "smtp.hostname" not in text
    assert "sets server.public_url." in text


def test_keys_are_changed_by_force_or_not_at_all(owner: Browser, domain: Domain) -> None:
    owner.post(f"{PAGE}/rotate")
    assert owner.get(PAGE).text.count("waits for its record") == 2
    owner.post(f"{PAGE}/activate")
    assert "was not seen in DNS yet" in owner.get(PAGE).text
    owner.post(f"{PAGE}/activate", force="1")
    text = owner.get(PAGE).text
    assert "sign from now on" in text
    assert text.count("signs no more</span>") == 2
    assert "leave it until" in text


def test_whom_it_is_for(owner: Browser, domain: Domain) -> None:
    assert "All accounts of this server" in owner.get(PAGE).text  # the owner is the operator's
    owner.post(f"{PAGE}/change", has_shared="1", shared="1", has_own_links="1")
    assert Domain.get().shared
    assert not Domain.get().own_links
    owner.post(f"{PAGE}/change", has_own_links="1", own_links="1")
    assert Domain.get().shared
    assert Domain.get().own_links


def test_it_is_deleted_after_a_question(owner: Browser, domain: Domain) -> None:
    assert "data-confirm-danger" in owner.get(PAGE).text
    assert owner.post(f"{PAGE}/delete").headers["Location"] == "/settings/domains"
    assert Domain.select().count() == 0


def test_choices_are_saved_or_refused_in_their_place(hub: Hub, owner: Browser, domain: Domain) -> None:
    owner.post("/settings/domains/choices", from_policy="rewrite", from_address="me@news.example.com", rotate_days="90")
    text = owner.get("/settings/domains").text
    assert 'value="rewrite" selected' in text
    assert 'value="me@news.example.com"' in text
    assert 'value="90"' in text
    wrong = owner.post("/settings/domains/choices", from_policy="", from_address="me@other.example", rotate_days="")
    assert wrong.status_code == 422
    assert "other.example is not among your domains" in wrong.text
    assert hub.setting(1, "domains.from_policy") == "rewrite"


def test_a_broken_domain_is_on_the_dashboard(owner: Browser, domain: Domain) -> None:
    from mailhub.domains.models import DomainCheck

    assert "not right any more" not in owner.get("/").text
    DomainCheck.create(
        domain=domain, kind="spf", name=domain.name, state="missing", said={"template": "Mend it.", "values": {}},
        since=1, checked_at=1, good_at=1, failures=2, broken_at=2,
    )  # fmt: skip
    assert "Records of news.example.com are not right any more" in owner.get("/").text
    assert "broken" in owner.get("/settings/domains").text
