"""Logins: made once, shown once, checked in the same time whoever asks, revoked for good."""

import hashlib
import re

import pytest

from mailhub import db, smtp_limits, submission_access
from mailhub.accounts import SmtpCredential
from mailhub.errors import Conflict, Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.messages import OPEN, Source
from mailhub.permissions import Actor
from mailhub.submission_access import ACTIONS, USE_NOTED_EVERY, check, create, may_come_from, note_use, revoke
from mailhub.testing import make_owner

CREATE, REVOKE = (each for each in ACTIONS if each.name.endswith(("create", "revoke")))


@pytest.fixture
def owner(core: Hub) -> Actor:
    """The owner of an account named Acme."""
    return make_owner(core)[2]


def test_a_login_opens_a_source_of_its_own(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "Web shop"})
    assert set(made) == {"name", "login", "password"}
    assert re.fullmatch(r"acme-[0-9a-f]{4}", made["login"])
    assert re.fullmatch(r"(?:[a-z2-7]{4}-){7}[a-z2-7]{4}", made["password"])  # 32 × 5 bits
    credential = SmtpCredential.get()
    assert (credential.account_id, credential.name) == (owner.account_id, "Web shop")
    assert credential.password_hash == hashlib.sha256(made["password"].encode()).hexdigest()
    source = Source.get_by_id(credential.source_id)
    assert (source.account_id, source.kind, source.stream, source.name, source.state) == (
        owner.account_id, "smtp", "transactional", "Web shop", OPEN,
    )  # fmt: skip


def test_no_two_are_alike(core: Hub, owner: Actor) -> None:
    made = [CREATE.perform(core, owner, {"name": f"Shop {k}"}) for k in range(5)]
    assert len({each["login"] for each in made}) == len({each["password"] for each in made}) == 5


def test_a_form_sent_twice_makes_one_login(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "Shop"})
    with pytest.raises(Invalid) as refused:
        CREATE.perform(core, owner, {"name": "Shop"})
    assert f"Shop has the login {made['login']} already" in refused.value.fields["name"]
    REVOKE.perform(core, owner, {"login": made["login"]})
    assert CREATE.perform(core, owner, {"name": "Shop"})["login"] != made["login"]


def test_a_login_that_is_taken_is_not_given_again(core: Hub, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    words = iter(["7f3a", "7f3a", "7f3a", "0001"])
    monkeypatch.setattr(submission_access.secrets, "token_hex", lambda size: next(words))
    with db.transaction():
        logins = [create(core, owner.account_id, name)[0].login for name in "xy"]
    assert logins == ["acme-7f3a", "acme-0001"]


@pytest.mark.parametrize(("name", "word"), [("Café & Fils", "cafe-fils"), ("東京", "smtp"), ("x" * 50, "x" * 20)])
def test_logins_are_plain_words(core: Hub, name: str, word: str) -> None:
    owner = make_owner(core, name)[2]
    assert CREATE.perform(core, owner, {"name": "x"})["login"][:-5] == word


def test_a_name_is_needed(core: Hub, owner: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        CREATE.perform(core, owner, {"name": "  "})
    assert "has no name" in refused.value.fields["name"]


def test_checking(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "x"})
    credential = check(made["login"], made["password"])
    assert credential is not None
    assert credential.login == made["login"]
    for login, password in ((made["login"], ""), (made["login"], made["password"].upper()), ("", made["password"])):
        assert check(login, password) is None
    assert check(made["login"], "\udcff") is None


def test_use_is_noted_at_most_once_a_minute(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "x"})
    assert check(made["login"], made["password"]) is not None
    assert SmtpCredential.get().used_at is None
    note_use(SmtpCredential.get(), "192.0.2.7")
    first = SmtpCredential.get().used_at
    assert abs(first - db.now_ms()) < 10_000
    SmtpCredential.update(used_at=first - USE_NOTED_EVERY + 20_000).execute()
    note_use(SmtpCredential.get(), "192.0.2.8")
    assert SmtpCredential.get().used_at == first - USE_NOTED_EVERY + 20_000
    assert SmtpCredential.get().used_from == "192.0.2.7"
    SmtpCredential.update(used_at=first - USE_NOTED_EVERY - 1).execute()
    note_use(SmtpCredential.get(), "")
    assert SmtpCredential.get().used_at >= first
    assert SmtpCredential.get().used_from == "192.0.2.7", "who is unknown is not noted"


def test_limits(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "x"})
    core.call(owner, "smtp_credentials.limit", login=made["login"], messages_per_hour="100", recipients_per_minute=0)
    assert SmtpCredential.get().limits == {"messages_per_hour": 100}
    with pytest.raises(Invalid):
        core.call(owner, "smtp_credentials.limit", login=made["login"], messages_per_hour=-1)
    found = check(made["login"], made["password"])
    assert found is not None
    assert found.limits == {"messages_per_hour": 100}


def test_networks(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "x"})
    told = core.call(
        owner, "smtp_credentials.allow", login=made["login"], networks="192.0.2.7, 10.1.2.3/8 2001:db8::/32"
    )
    assert told["networks"] == ["192.0.2.7/32", "10.0.0.0/8", "2001:db8::/32"]
    found = check(made["login"], made["password"])
    assert found is not None
    for address, expected in (
        ("192.0.2.7", True),
        ("10.9.9.9", True),
        ("2001:db8::9", True),
        ("192.0.2.8", False),
        ("", False),
    ):
        assert may_come_from(found, address) is expected
    with pytest.raises(Invalid, match="no network"):
        core.call(owner, "smtp_credentials.allow", login=made["login"], networks="everywhere")
    core.call(owner, "smtp_credentials.allow", login=made["login"], networks="")
    assert may_come_from(SmtpCredential.get(), "")


def test_a_list_of_the_logins(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "x"})
    core.call(owner, "smtp_credentials.limit", login=made["login"], messages_per_hour=100)
    with db.transaction():
        smtp_limits.add([smtp_limits.Used(SmtpCredential.get().id, core.ms() // smtp_limits.MINUTE, 3, 5)])
    [row] = core.call(owner, "smtp_credentials.list")["logins"]
    assert (row["login"], row["used_at"], row["revoked_at"]) == (made["login"], None, None)
    assert row["limits"]["messages_per_hour"] == 100
    assert row["last_hour"] == {"messages": 3, "recipients": 5}
    assert "password" not in str(row)
    stranger = make_owner(core, "Stranger")[2]
    assert core.call(stranger, "smtp_credentials.list") == {"logins": []}


def test_revoking(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "x"})
    assert REVOKE.perform(core, owner, {"login": made["login"]}) == {"login": made["login"]}
    assert check(made["login"], made["password"]) is None
    with pytest.raises(Conflict, match="revoked already"):
        revoke(core, owner.account_id, made["login"])


def test_another_accounts_login_does_not_exist(core: Hub, owner: Actor) -> None:
    made = CREATE.perform(core, owner, {"name": "x"})
    stranger = make_owner(core, "Stranger")[2]
    with pytest.raises(NotFound):
        REVOKE.perform(core, stranger, {"login": made["login"]})
    assert check(made["login"], made["password"]) is not None


@pytest.mark.parametrize(("action", "arguments"), [(CREATE, {"name": "x"}), (REVOKE, {"login": "x"})])
def test_permission(core: Hub, owner: Actor, action: submission_access.Action, arguments: dict[str, str]) -> None:
    weak = Actor(owner.account_id, "web", None, "", frozenset({"smtp_credentials.view"}))
    with pytest.raises(Forbidden, match=r"smtp_credentials\.edit"):
        action.perform(core, weak, arguments)
