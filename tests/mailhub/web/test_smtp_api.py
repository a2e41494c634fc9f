"""SMTP logins and bans under /api/v1: each account its own logins, bans the operator's, and nothing without the permission."""

from mailhub.hub import Hub
from mailhub.testing import make_owner

from .keyed import asking


def test_a_login_is_made_limited_tied_to_networks_and_revoked(hub: Hub) -> None:
    ask = asking(hub, make_owner(hub)[2])
    made = ask("POST", "/smtp-logins", 201, name="Shop")
    login = made["login"]
    assert made["password"]
    limits = {"messages_per_minute": 5, "messages_per_hour": 0, "recipients_per_minute": 0, "recipients_per_hour": 100}
    assert ask("PUT", f"/smtp-logins/{login}/limits", **limits) == {"login": login, **limits}
    ask("PUT", f"/smtp-logins/{login}/limits", 422, messages_per_minute=-1)
    allowed = ask("PUT", f"/smtp-logins/{login}/networks", networks="192.0.2.0/24, 198.51.100.7")
    assert allowed["networks"] == ["192.0.2.0/24", "198.51.100.7/32"]
    [told] = ask("GET", "/smtp-logins")["logins"]
    assert (told["login"], told["limits"]["messages_per_minute"], told["last_hour"]) == (login, 5, None)
    assert told["created_at"].endswith("Z")
    assert "password" not in told
    assert ask("DELETE", f"/smtp-logins/{login}") == {"login": login}
    assert ask("GET", "/smtp-logins")["logins"][0]["revoked_at"]


def test_no_answer_with_a_password_is_kept(hub: Hub) -> None:
    ask = asking(hub, make_owner(hub)[2])
    assert "holds its password" in ask("POST", "/smtp-logins", 422, idempotency="k1", name="Shop")["detail"]
    assert ask("GET", "/smtp-logins") == {"logins": []}


def test_another_accounts_login_is_not_there(hub: Hub) -> None:
    theirs, mine = (asking(hub, make_owner(hub)[2]) for _ in range(2))
    login = theirs("POST", "/smtp-logins", 201, name="Shop")["login"]
    assert mine("GET", "/smtp-logins") == {"logins": []}
    mine("PUT", f"/smtp-logins/{login}/limits", 404)
    mine("PUT", f"/smtp-logins/{login}/networks", 404)
    mine("DELETE", f"/smtp-logins/{login}", 404)
    assert theirs("GET", "/smtp-logins")["logins"][0]["revoked_at"] is None


def test_bans_are_told_made_and_lifted(hub: Hub) -> None:
    ask = asking(hub, make_owner(hub)[2])
    assert ask("GET", "/smtp-bans") == {"bans": []}
    made = ask("POST", "/smtp-bans", 201, subject="198.51.100.0/24", hours=2)
    assert made["until"].endswith("Z")
    assert ask("POST", "/smtp-bans", 201, subject="203.0.113.9", hours=0)["until"] is None
    assert {each["subject"] for each in ask("GET", "/smtp-bans")["bans"]} == {"198.51.100.0/24", "203.0.113.9"}
    ask("POST", "/smtp-bans", 422, subject="0.0.0.0/0")
    assert ask("POST", "/smtp-bans/lift", subject="198.51.100.0/24") == {"subject": "198.51.100.0/24"}
    assert [each["subject"] for each in ask("GET", "/smtp-bans")["bans"]] == ["203.0.113.9"]


def test_each_needs_its_permission_and_bans_are_the_operators(hub: Hub) -> None:
    operator = make_owner(hub)[2]
    reader = asking(hub, operator, "smtp_credentials.view,smtp_bans.view")
    reader("GET", "/smtp-logins")
    reader("GET", "/smtp-bans")
    reader("POST", "/smtp-logins", 403, name="Shop")
    reader("POST", "/smtp-bans", 403, subject="203.0.113.9")
    tenant = asking(hub, make_owner(hub)[2])
    tenant("GET", "/smtp-bans", 403)
    tenant("POST", "/smtp-bans", 403, subject="203.0.113.9")
    tenant("POST", "/smtp-bans/lift", 403, subject="203.0.113.9")
