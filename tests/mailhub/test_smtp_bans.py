import pytest

from mailhub import db, submission_access
from mailhub.accounts import SmtpCredential
from mailhub.errors import Invalid, NotFound
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.smtp_bans import FIRST, LONGEST, REASONS, REMEMBERED, SmtpBan, ban, changed_since, forget_old, network_of
from mailhub.testing import make_owner

NOW = 1_800_000_000_000


@pytest.fixture
def operator(core: Hub) -> Actor:
    return make_owner(core, "Operator")[2]


def banned(now: int) -> int:
    """Ban an address; for how long (ms)."""
    with db.transaction():
        ban("192.0.2.7", "login", now)
    return int(SmtpBan.get().until) - now


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8::1:2", "2001:db8::/64"), ("", ""), ("no address", "no address")],
)
def test_whom_a_ban_is_about(address: str, network: str) -> None:
    assert network_of(address) == network


def test_each_ban_is_longer_than_the_one_before(core: Hub) -> None:
    now, lengths = NOW, []
    for _ in range(6):
        lengths.append(banned(now))
        now += lengths[-1] + 1
    assert lengths == [FIRST, 6 * FIRST, 36 * FIRST, 216 * FIRST, LONGEST, LONGEST]


def test_a_ban_that_stands_is_left_alone(core: Hub) -> None:
    assert banned(NOW) == FIRST
    assert banned(NOW + 1000) == FIRST - 1000


def test_what_changed_is_found(core: Hub) -> None:
    banned(NOW)
    assert changed_since(NOW) == [("192.0.2.7", NOW + FIRST, False)]
    assert changed_since(NOW + 1) == []


def test_the_clock_forgets_after_a_month(core: Hub) -> None:
    banned(core.ms() - REMEMBERED)
    forget_old(core)
    assert SmtpBan.select().count() == 1
    SmtpBan.update(until=core.ms() - REMEMBERED - 1).execute()
    forget_old(core)
    assert SmtpBan.select().count() == 0


@pytest.mark.parametrize(
    ("subject", "kept"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.9/24", "192.0.2.0/24"),
        ("2001:db8::1", "2001:db8::1"),
        ("login:acme-1", "login:acme-1"),
    ],
)
def test_an_operator_bans_lists_and_lifts(core: Hub, operator: Actor, subject: str, kept: str) -> None:
    with db.transaction():
        submission_access.create(core, operator.account_id, "Shop")
        SmtpCredential.update(login="acme-1").execute()
    assert core.call(operator, "smtp_bans.add", subject=subject, hours=2)["subject"] == kept
    [row] = core.call(operator, "smtp_bans.list")["bans"]
    assert (row["subject"], row["reason"], row["until"] - row["since"]) == (kept, "hand", 2 * 3_600_000)
    core.call(operator, "smtp_bans.lift", subject=subject)
    assert core.call(operator, "smtp_bans.list") == {"bans": []}
    assert changed_since(core.ms() - 60_000) != [], "the listeners hear of it"
    with pytest.raises(NotFound, match="No ban of"):
        core.call(operator, "smtp_bans.lift", subject=subject)


def test_for_ever(core: Hub, operator: Actor) -> None:
    core.call(operator, "smtp_bans.add", subject="192.0.2.7", hours=0)
    assert core.call(operator, "smtp_bans.list")["bans"][0]["until"] is None
    with db.transaction():
        ban("192.0.2.7", "login", core.ms())
    assert SmtpBan.get().until is None, "what was done by hand is not shortened"
    assert SmtpBan.get().reason in REASONS


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        ("everybody", "no network"), ("login:nobody", "There is no SMTP login nobody"), ("login:", "There is no SMTP login"),
        ("0.0.0.0/0", "large part of the Internet"), ("::/0", "large part of the Internet"),
        ("127.0.0.1", "never banned"), ("127.0.0.0/8", "never banned"),
    ],
)  # fmt: skip
def test_what_cannot_be_banned(core: Hub, operator: Actor, subject: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        core.call(operator, "smtp_bans.add", subject=subject)
    assert sentence in refused.value.fields["subject"]
    assert not SmtpBan.select().exists()
