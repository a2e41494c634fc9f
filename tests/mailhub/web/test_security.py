"""Headers, cookies and the token that forms carry."""

from collections.abc import Callable
from io import BytesIO

from mailhub.accounts import Domain
from mailhub.hub import Hub
from mailhub.testing import make_config, make_owner
from mailhub.web import create_app
from mailhub.web.security import LARGEST_FORM

from .conftest import Browser


def test_a_page_may_load_only_from_its_server(owner: Browser) -> None:
    headers = owner.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "private, no-cache"


def test_no_page_has_a_script_or_a_style_in_it(owner: Browser) -> None:
    for path in ("/", "/messages", "/settings/account", "/settings/domains/new", "/server"):
        text = owner.get(path).text
        assert " style=" not in text
        assert "<style" not in text
        assert " onclick=" not in text
        assert "<script>" not in text


def test_errors_carry_the_headers_too(owner: Browser) -> None:
    assert "default-src 'none'" in owner.get("/nothing").headers["Content-Security-Policy"]


def test_the_cookie_is_for_http_alone(owner: Browser, browse: Callable[[], Browser]) -> None:
    fresh = browse()
    fresh.get("/sign-in")
    cookie = fresh.post("/sign-in", email="ada@example.com", password="a long password").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_stays_there(hub: Hub) -> None:
    make_owner(hub)
    hub.config = make_config(hub.config.data, web={"secure_cookies": True})
    browser = Browser(create_app(hub).test_client())
    assert "Secure" in browser.get("/sign-in").headers["Set-Cookie"]


def test_strangers_cannot_fill_the_disk(owner: Browser, browse: Callable[[], Browser]) -> None:
    stranger, body = browse(), {"file": (BytesIO(bytes(LARGEST_FORM)), "contacts.csv")}
    stranger.get("/sign-in")
    assert stranger.post("/sign-in", **body).status_code == 413
    body = {"file": (BytesIO(bytes(LARGEST_FORM)), "contacts.csv")}
    assert owner.post("/settings/domains/new", name="news.example.com", **body).status_code == 303


def test_a_form_without_its_token_changes_nothing(owner: Browser) -> None:
    answer = owner.client.post("/settings/domains/new", data={"name": "news.example.com"})
    assert answer.status_code == 400
    assert "too old" in answer.text
    assert not Domain.select().exists()


def test_a_token_of_another_browser_is_none(owner: Browser, browse: Callable[[], Browser]) -> None:
    other = browse()
    other.get("/sign-in")
    owner.token = other.token
    assert owner.post("/settings/domains/new", name="news.example.com").status_code == 400


def test_a_script_sends_the_token_in_a_header(owner: Browser) -> None:
    owner.get("/")
    answer = owner.client.post(
        "/settings/domains/new", data={"name": "news.example.com"}, headers={"X-CSRF-Token": owner.token}
    )
    assert answer.status_code == 303
