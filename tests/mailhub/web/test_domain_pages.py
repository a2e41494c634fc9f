"""Domains with the records to publish, each account its own."""

from mailhub.accounts import Domain

from .conftest import Browser


def test_a_domain_is_added_and_its_records_are_shown(owner: Browser) -> None:
    assert "No domain yet" in owner.get("/settings/domains").text
    answer = owner.post("/settings/domains/new", name="News.Example.COM")
    assert answer.headers["Location"] == "/settings/domains/news.example.com"
    text = owner.get("/settings/domains/news.example.com").text
    assert text.count('data-copy="v=DKIM1;') == 2
    assert 'data-copy="mh-rsa._domainkey.news.example.com"' in text or "_domainkey.news.example.com" in text
    assert "is added" in text
    assert "/settings/domains/news.example.com" in owner.get("/settings/domains").text


def test_what_is_no_domain_is_said_so(owner: Browser) -> None:
    answer = owner.post("/settings/domains/new", name="no domain")
    assert answer.status_code == 422
    assert 'value="no domain"' in answer.text
    assert 'id="error-name"' in answer.text


def test_a_domain_is_added_once(owner: Browser) -> None:
    owner.post("/settings/domains/new", name="news.example.com")
    assert owner.post("/settings/domains/new", name="news.example.com").status_code == 409
    assert Domain.select().count() == 1


def test_another_accounts_domain_is_not_there(owner: Browser, stranger: Browser) -> None:
    owner.post("/settings/domains/new", name="news.example.com")
    assert stranger.get("/settings/domains/news.example.com").status_code == 404
    assert "news.example.com" not in stranger.get("/settings/domains").text.replace("such as news.example.com", "")
