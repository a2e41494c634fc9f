"""Pages behind `requires`: sign-in first, then the permission, then the page."""

from collections.abc import Callable

import pytest
from flask import Flask

from mailhub.db import transaction
from mailhub.web import auth

from .conftest import Browser

PAGES = {
    "/messages": "messages.view",
    "/sandbox": "sandbox.view",
    "/settings/account": "account.view",
    "/settings/users": "users.view",
    "/settings/users/new": "users.create",
    "/settings/domains": "domains.view",
    "/settings/domains/new": "domains.add",
    "/settings/smtp": "smtp_credentials.view",
    "/settings/smtp/new": "smtp_credentials.edit",
    "/settings/activity": "activity.view",
    "/server": "server.view",
}


@pytest.mark.parametrize("path", ["/", *PAGES])
def test_strangers_are_asked_to_sign_in(owner: Browser, browse: Callable[[], Browser], path: str) -> None:
    answer = browse().get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize(("path", "permission"), PAGES.items())
def test_who_lacks_the_permission_reads_its_name(
    colleague: Callable[[str], Browser], path: str, permission: str
) -> None:
    from mailhub.accounts import Role

    with transaction():
        Role.create(account=1, name="nobody", permissions=[])
    answer = colleague("nobody").get(path)
    assert answer.status_code == 403
    assert permission in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_the_owner_sees_every_page(owner: Browser, path: str) -> None:
    assert owner.get(path).status_code == 200


def test_the_servers_pages_are_the_operators_alone(stranger: Browser) -> None:
    assert stranger.get("/server").status_code == 403


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(owner: Browser, browse: Callable[[], Browser]) -> None:
    answer = browse().get("/server", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_every_page_of_the_core_is_guarded(app: Flask) -> None:
    open_to_all = {
        "static",
        "welcome",
        "welcome_create",
        "language",
        "healthz",
        "sign_in.show",
        "sign_in.enter",
        "sign_in.leave",
    }
    guarded = {name for name, page in app.view_functions.items() if hasattr(page, "__wrapped__")}
    assert set(app.view_functions) - guarded == open_to_all


@pytest.mark.parametrize(
    ("given", "safe"),
    [("/a?b=c", "/a?b=c"), (None, "/"), ("", "/"), ("a", "/"), ("//a", "/"), ("/\\a", "/"), ("/a\r\nb", "/")],
)
def test_only_paths_of_this_server_are_safe(given: str | None, safe: str) -> None:
    assert auth.safe_path(given) == safe
